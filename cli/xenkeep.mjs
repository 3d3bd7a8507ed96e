#!/usr/bin/env node
// The command `xenkeep`, on any Node ≥ 20: XenKeep needs Node 24.7 or later, which comes with its dependencies (node-linux-*) on Linux.
// `npm run` and `npx` find that one by themselves; called by its path, this file hands over to it. Hence plain JavaScript.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Argon2 is in Node since 24.7. */
const NEEDED = [24, 7]
const bundled = ['node_modules', '../node_modules']
  .map(folder =>
    fileURLToPath(new URL(`../${folder}/node-linux-${process.arch}/bin/node`, import.meta.url)),
  )
  .find(existsSync)

const [major, minor] = process.versions.node.split('.').map(Number)
if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) {
  const { useCompileCache } = await import('./compile-cache.mjs')
  useCompileCache(process.env)
  await import('./main.ts')
} else if (bundled) {
  // The channel (ipc) tells the program when this process is killed, so that nothing is left running.
  const child = spawn(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
} else {
  console.error(`xenkeep: Node ${process.versions.node} is too old; version ${NEEDED.join('.')} or later is needed.
  what to do: Run "npm ci" in XenKeep's folder (on Linux it brings Node ${NEEDED[0]} along), or install Node ${NEEDED.join('.')}.
  code: NODE_TOO_OLD`)
  process.exitCode = 2
}
