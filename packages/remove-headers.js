// `npm ci` runs this. It removes the C headers of the packages that bring Node: only builds of native add-ons need them. It
// is JavaScript, so that an old Node runs it too.

import { readFileSync, rmSync } from 'node:fs'

const repository = new URL('../', import.meta.url)
const { optionalDependencies } = JSON.parse(readFileSync(new URL('package.json', repository), 'utf8'))
for (const name of Object.keys(optionalDependencies)) {
  rmSync(new URL(`node_modules/${name}/include`, repository), { recursive: true, force: true })
}
