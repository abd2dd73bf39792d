// The long form of src/net/response-reader.test.ts: a million responses.

await import('../src/net/response-reader.test.ts')
