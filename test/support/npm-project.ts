// Packages that tests need only here and there: npm installs them into a folder of the test.

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes `folder` with a package.json that needs `packages`, and installs them.
 *
 * @returns why they cannot be installed here; null: they are installed
 */
export function npmProject(folder: string, packages: Readonly<Record<string, string>>): string | null {
  mkdirSync(folder, { recursive: true })
  const allowScripts = Object.fromEntries(Object.keys(packages).map((name) => [name, true]))
  const manifest = { private: true, type: 'module', dependencies: packages, allowScripts }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const { status, stderr } = spawnSync('npm', ['install'], { cwd: folder, encoding: 'utf8' })
  return status === 0 ? null : `SKIPPED: ${Object.keys(packages).join(', ')} cannot be installed: ${stderr}`
}
