// Programs for the runtime of Workers.

import { readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

/**
 * Writes modules and a configuration into `folder`, for `workerd serve config.capnp`, which serves at the socket `http`.
 *
 * @param modules files by the name under which modules import them; the first one is the program
 * @param secrets variables of the environment that the program gets
 */
export function writeWorker(
  folder: string,
  modules: ReadonlyMap<string, string>,
  secrets: readonly string[] = [],
): void {
  const embedded = [...modules].map(([name, file], index) => {
    writeFileSync(join(folder, `module-${index}.js`), stripTypeScriptTypes(readFileSync(file, 'utf8')))
    return `(name = ${JSON.stringify(name)}, esModule = embed "module-${index}.js")`
  })
  const bindings = secrets.map((name) => `(name = "${name}", fromEnvironment = "${name}")`)
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "program", worker = .program)],
  sockets = [(name = "http", http = (), service = "program")],
);
const program :Workerd.Worker = (
  compatibilityDate = "2026-01-01",
  bindings = [${bindings.join(', ')}],
  modules = [${embedded.join(', ')}],
);
`,
  )
}
