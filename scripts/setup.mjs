// Puts the project's dependencies in place: `npm ci` when the installed tree is not the one the lock file
// describes. Runs before `npm test` and `npm run demo` on any Node ≥ 20, hence plain JavaScript and no imports
// but Node's own. Node 24 itself arrives as a dependency (node-linux-*), so later scripts run on it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}/node_modules/.xenkeep-lock-sha256`

const wanted = createHash('sha256')
  .update(readFileSync(`${root}/package-lock.json`))
  .digest('hex')
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : ''

if (installed !== wanted) {
  console.error('xenkeep: installing the dependencies that package-lock.json lists (npm ci) …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const ran = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // npm's own report goes to stderr, so that a command with --json keeps stdout to itself.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (ran.status !== 0) {
    console.error(
      `xenkeep: npm ci ended with ${ran.status ?? ran.error?.message}. Is the npm registry reachable? Run the command again when it is.`,
    )
    process.exit(1)
  }
  writeFileSync(stamp, `${wanted}\n`)
}
