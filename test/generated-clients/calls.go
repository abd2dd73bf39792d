// Calls every operation of stdin with the generated client, and prints a result of each as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	"example.com/clients/api"
)

type input struct {
	URL   string
	Key   string
	Calls []struct {
		Operation string
		Params    map[string]any
		Body      json.RawMessage
	}
}

type result struct {
	Type  string `json:"type"`
	Error string `json:"error"`
}

type keys struct{ key string }

func (k keys) Operator(context.Context, api.OperationName) (api.Operator, error) {
	return api.Operator{Token: k.key}, nil
}

func (k keys) Customer(context.Context, api.OperationName) (api.Customer, error) {
	return api.Customer{Token: k.key}, nil
}

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func main() {
	var given input
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		panic(err)
	}
	client, err := api.NewClient(given.URL, keys{given.Key})
	if err != nil {
		panic(err)
	}
	results := []result{}
	for _, call := range given.Calls {
		method := reflect.ValueOf(client).MethodByName(title(call.Operation))
		arguments := []reflect.Value{reflect.ValueOf(context.Background())}
		for at := 1; at < method.Type().NumIn(); at++ {
			arguments = append(arguments, argument(method.Type().In(at), call.Params, call.Body))
		}
		results = append(results, resultOf(method.Call(arguments)))
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}

// Of a stream, the result is its first event.
func resultOf(returned []reflect.Value) result {
	if failed := returned[1].Interface(); failed != nil {
		return result{Error: fmt.Sprint(failed)}
	}
	answer := reflect.ValueOf(returned[0].Interface())
	if next := answer.MethodByName("Next"); next.IsValid() {
		event := resultOf(next.Call([]reflect.Value{reflect.ValueOf(context.Background())}))
		answer.MethodByName("Close").Call(nil)
		return event
	}
	return result{Type: fmt.Sprint(answer.Type())}
}

// A body from its JSON, or the struct of the parameters.
func argument(kind reflect.Type, params map[string]any, body json.RawMessage) reflect.Value {
	if strings.HasSuffix(kind.Name(), "Params") {
		made := reflect.New(kind).Elem()
		for name, value := range params {
			field := made.FieldByName(title(name))
			field.Set(reflect.ValueOf(value).Convert(field.Type()))
		}
		return made
	}
	made := reflect.New(kind)
	if err := json.Unmarshal(body, made.Interface()); err != nil {
		panic(fmt.Sprint(kind, ": ", err))
	}
	return made.Elem()
}
