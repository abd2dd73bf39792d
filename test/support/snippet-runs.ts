// Runs the code of receivers: one process per language verifies all deliveries. A line of the input is a delivery: the
// number of the code, then its fields in base64, with spaces between them.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReceiverLanguage, Recipe, TestVector } from '../../src/contracts/recipe.ts'

export interface Program {
  readonly recipe: Recipe
  readonly code: string
}

export interface Case {
  /** The index of its program. */
  readonly program: number
  readonly vector: TestVector
}

/** Arguments after headers and body, in the order of the parameters. */
interface Call {
  readonly known: readonly ('url' | 'webhookId')[]
  readonly hasTime: boolean
}

interface Runner {
  /** A command that shows whether the language is installed. */
  readonly probe: readonly string[]
  /** Files by name, and the commands that build and run them; the last one reads the cases. */
  readonly files: (programs: readonly Program[], calls: readonly Call[]) => Readonly<Record<string, string>>
  readonly commands: readonly (readonly string[])[]
}

/** Whether a package is there, or can be had: one that Python imports, or one of Maven. */
export function hasPackage(language: ReceiverLanguage, name: string): boolean {
  if (language === 'python') return spawnSync('python3', ['-c', `import ${name}`]).status === 0
  mavenFolder ??= fetchJars(name)
  return mavenFolder !== ''
}

let mavenFolder: string | null = null
/** The version of Jackson, the one package that the code in Java needs. */
const mavenVersion = '2.17.2'

/** Fetches a package of Maven and those that it needs. @returns the folder; empty: it cannot be had */
function fetchJars(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-maven-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const [group, artifact] = name.split(':')
  const needed = `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${mavenVersion}</version>`
  const own = '<groupId>receivers</groupId><artifactId>receivers</artifactId><version>1</version>'
  const dependencies = `<dependencies><dependency>${needed}</dependency></dependencies>`
  const project = `<project><modelVersion>4.0.0</modelVersion>${own}${dependencies}</project>`
  writeFileSync(join(folder, 'pom.xml'), project)
  const words = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=.']
  return spawnSync('mvn', words, { cwd: folder }).status === 0 ? folder : ''
}

function callOf({ signed = [], claims = {}, timestamp, algorithm }: Recipe): Call {
  const known = [...signed, ...Object.values(claims)].flatMap((piece) => ('known' in piece ? [piece.known] : []))
  return { known: [...new Set(known)], hasTime: timestamp !== undefined || algorithm === 'jwt' }
}

/** @returns the answer of each case, `true`, `false` or an error, or the reason why the language cannot be run here */
export async function runSnippets(
  language: ReceiverLanguage,
  programs: readonly Program[],
  cases: readonly Case[],
): Promise<readonly string[] | string> {
  const { probe, files, commands } = runners[language]
  const [tool = '', ...probeArguments] = probe
  if (spawnSync(tool, probeArguments).status !== 0) return `${probe.join(' ')} does not succeed here`
  const folder = mkdtempSync(join(tmpdir(), `posthorn-${language}-`))
  try {
    for (const [name, content] of Object.entries(
      files(
        programs,
        programs.map(({ recipe }) => callOf(recipe)),
      ),
    )) {
      await mkdir(join(folder, name, '..'), { recursive: true })
      await writeFile(join(folder, name), content)
    }
    let output = ''
    for (const [command = '', ...words] of commands) {
      const env = { ...process.env, CLASSPATH: mavenFolder ? `.:${mavenFolder}/*` : '.' }
      const done = spawnSync(command, words, { cwd: folder, env, input: inputOf(cases), encoding: 'utf8' })
      if (done.status !== 0) throw new Error(`${command} ${words.join(' ')}: ${done.stdout}${done.stderr}`)
      output = done.stdout
    }
    return output.trim().split('\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function inputOf(cases: readonly Case[]): string {
  const encoded = (text: string): string => `=${Buffer.from(text).toString('base64')}`
  return cases
    .map(({ program, vector: { now, secret, url, webhookId, body, headers } }) =>
      [program, now, ...[secret, url, webhookId, body, ...Object.entries(headers).flat()].map(encoded)].join(' '),
    )
    .join('\n')
}

const names = { url: 'url', webhookId: 'id' }

const runners: Readonly<Record<ReceiverLanguage, Runner>> = {
  javascript: {
    probe: [process.execPath, '--version'],
    files: (programs, calls) => ({
      ...Object.fromEntries(programs.map(({ code }, index) => [`r${index}.mjs`, code])),
      'main.mjs': `import { readFileSync } from 'node:fs'
${programs.map((_, index) => `import { verify as v${index} } from './r${index}.mjs'`).join('\n')}
const calls = [${calls.map(({ known, hasTime }, index) => `(h, b, s, url, id, now) => v${index}(${['h', 'b', 's', ...known.map((one) => names[one]), ...(hasTime ? ['now'] : [])].join(', ')})`).join(', ')}]
for (const line of readFileSync(0, 'utf8').split('\\n')) {
  const [program, now, ...fields] = line.split(' ')
  const [secret, url, id, body, ...rest] = fields.map((field) => Buffer.from(field.slice(1), 'base64'))
  const headers = {}
  for (let n = 0; n < rest.length; n += 2) headers[rest[n]] = String(rest[n + 1])
  try {
    console.log(calls[program](headers, body, String(secret), String(url), String(id), Number(now)))
  } catch (error) {
    console.log(error.message)
  }
}
`,
    }),
    commands: [[process.execPath, 'main.mjs']],
  },
  python: {
    probe: ['python3', '-c', 'import sys; assert sys.version_info >= (3, 11)'],
    files: (programs, calls) => ({
      ...Object.fromEntries(programs.map(({ code }, index) => [`r${index}.py`, code])),
      'main.py': `import base64, sys
${programs.map((_, index) => `import r${index}`).join('\n')}
calls = [${calls.map(({ known, hasTime }, index) => `lambda h, b, s, url, id, now: r${index}.verify(${['h', 'b', 's', ...known.map((one) => names[one]), ...(hasTime ? ['now=now'] : [])].join(', ')})`).join(', ')}]
for line in sys.stdin.read().split("\\n"):
    program, now, *fields = line.split(" ")
    secret, url, id, body, *rest = [base64.b64decode(field[1:]) for field in fields]
    headers = dict(zip([one.decode() for one in rest[::2]], [one.decode() for one in rest[1::2]]))
    try:
        print("true" if calls[int(program)](headers, body, secret.decode(), url.decode(), id.decode(), float(now)) else "false")
    except Exception as error:
        print(error)
`,
    }),
    commands: [['python3', 'main.py']],
  },
  ruby: {
    probe: ['ruby', '--version'],
    files: (programs, calls) => ({
      ...Object.fromEntries(
        programs.map(({ code }, index) => [`r${index}.rb`, `module R${index}\nmodule_function\n${code}end\n`]),
      ),
      'main.rb': `${programs.map((_, index) => `require_relative "r${index}"`).join('\n')}
calls = [${calls.map(({ known, hasTime }, index) => `->(h, b, s, url, id, now) { R${index}.verify(${['h', 'b', 's', ...known.map((one) => names[one]), ...(hasTime ? ['now: now'] : [])].join(', ')}) }`).join(', ')}]
$stdin.read.split("\\n").each do |line|
  program, now, *fields = line.split(" ")
  secret, url, id, body, *rest = fields.map { |field| field[1..].unpack1("m").force_encoding("UTF-8") }
  puts calls[program.to_i].call(Hash[*rest], body, secret, url, id, now.to_f)
rescue => error
  puts error.message
end
`,
    }),
    commands: [['ruby', 'main.rb']],
  },
  php: {
    probe: ['php', '--version'],
    files: (programs, calls) => ({
      ...Object.fromEntries(
        programs.map(({ code }, index) => [`r${index}.php`, code.replace('<?php', `<?php\nnamespace R${index};`)]),
      ),
      'main.php': `<?php
${programs.map((_, index) => `require 'r${index}.php';`).join('\n')}
$calls = [${calls.map(({ known, hasTime }, index) => `fn($h, $b, $s, $url, $id, $now) => R${index}\\verify(${['h', 'b', 's', ...known.map((one) => names[one]), ...(hasTime ? ['now'] : [])].map((one) => `$${one}`).join(', ')})`).join(', ')}];
foreach (explode("\\n", file_get_contents('php://stdin')) as $line) {
    [$program, $now, $fields] = explode(' ', $line, 3);
    $texts = array_map(fn($field) => base64_decode(substr($field, 1)), explode(' ', $fields));
    [$secret, $url, $id, $body] = $texts;
    $headers = [];
    for ($n = 4; $n < count($texts); $n += 2) $headers[$texts[$n]] = $texts[$n + 1];
    try {
        echo $calls[$program]($headers, $body, $secret, $url, $id, (float) $now) ? "true\\n" : "false\\n";
    } catch (Exception $error) {
        echo $error->getMessage(), "\\n";
    }
}
`,
    }),
    commands: [['php', 'main.php']],
  },
  go: {
    // The package is new in Go 1.22.
    probe: ['go', 'list', 'math/rand/v2'],
    files: (programs, calls) => ({
      ...Object.fromEntries(programs.map(({ code }, index) => [`r${index}/webhook.go`, code])),
      'go.mod': 'module receivers\n\ngo 1.22\n',
      'main.go': `package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
${programs.map((_, index) => `\tr${index} "receivers/r${index}"`).join('\n')}
)

func main() {
	calls := []func(h http.Header, b []byte, s, url, id string, now time.Time) bool{
${calls.map(({ known, hasTime }, index) => `\t\tfunc(h http.Header, b []byte, s, url, id string, now time.Time) bool { return r${index}.Verify(${['h', 'b', 's', ...known.map((one) => names[one]), ...(hasTime ? ['now'] : [])].join(', ')}) },`).join('\n')}
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), " ")
		program, _ := strconv.Atoi(fields[0])
		now, _ := strconv.ParseFloat(fields[1], 64)
		texts := []string{}
		for _, field := range fields[2:] {
			text, _ := base64.StdEncoding.DecodeString(field[1:])
			texts = append(texts, string(text))
		}
		headers := http.Header{}
		for n := 4; n < len(texts); n += 2 {
			headers.Set(texts[n], texts[n+1])
		}
		func() {
			defer func() {
				if fault := recover(); fault != nil {
					fmt.Println(fault)
				}
			}()
			fmt.Println(calls[program](headers, []byte(texts[3]), texts[0], texts[1], texts[2], time.UnixMilli(int64(now*1000))))
		}()
	}
}
`,
    }),
    commands: [
      ['go', 'vet', './...'],
      ['go', 'run', '.'],
    ],
  },
  java: {
    probe: ['javac', '--version'],
    files: (programs, calls) => ({
      ...Object.fromEntries(
        programs.map(({ code }, index) => [`r${index}/Webhook.java`, `package r${index};\n\n${code}`]),
      ),
      'Main.java': `import java.time.Instant;
import java.util.*;
import java.util.function.UnaryOperator;

public final class Main {
    interface Call {
        boolean verify(UnaryOperator<String> h, byte[] b, String s, String url, String id, Instant now) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        Call[] calls = {
${calls.map(({ known, hasTime }, index) => `            (h, b, s, url, id, now) -> r${index}.Webhook.verify(${['h', 'b', 's', ...known.map((one) => names[one]), ...(hasTime ? ['now'] : [])].join(', ')}),`).join('\n')}
        };
        for (String line : new String(System.in.readAllBytes()).split("\\n")) {
            String[] fields = line.split(" ");
            List<byte[]> bytes = new ArrayList<>();
            for (int n = 2; n < fields.length; n++) bytes.add(Base64.getDecoder().decode(fields[n].substring(1)));
            List<String> texts = bytes.stream().map(one -> new String(one)).toList();
            Map<String, String> headers = new HashMap<>();
            for (int n = 4; n < texts.size(); n += 2) headers.put(texts.get(n), texts.get(n + 1));
            Instant now = Instant.ofEpochMilli((long) (Double.parseDouble(fields[1]) * 1000));
            try {
                System.out.println(calls[Integer.parseInt(fields[0])]
                    .verify(headers::get, bytes.get(3), texts.get(0), texts.get(1), texts.get(2), now));
            } catch (Exception error) {
                System.out.println(error.getMessage());
            }
        }
    }
}
`,
    }),
    commands: [
      ['javac', '-Xlint:all', '-Werror', '-encoding', 'UTF-8', 'Main.java'],
      ['java', '-XX:TieredStopAtLevel=1', 'Main'],
    ],
  },
}
