// Builds the console where it is not the one that its sources make. Runs before whatever shows it, on any Node ≥ 20, hence plain JavaScript.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'console/dist/.sources-sha256')

const filesBelow = folder =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => !path.startsWith(join(root, 'console/dist')))

const sources = [...filesBelow('console'), ...filesBelow('core'), join(root, 'package-lock.json')]
const hash = createHash('sha256')
for (const path of sources.sort()) hash.update(path.slice(root.length)).update(readFileSync(path))
const wanted = hash.digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8').trim() !== wanted) {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const ran = spawnSync(
    process.execPath,
    [vite, 'build', '--config', 'console/vite.config.ts', '--logLevel', 'warn'],
    // Standard output belongs to the command that comes next.
    { cwd: root, stdio: ['ignore', 2, 2] },
  )
  if (ran.status !== 0) {
    console.error('xenkeep: the console could not be built; the lines above say why.')
    process.exit(1)
  }
  writeFileSync(stamp, `${wanted}\n`)
}
