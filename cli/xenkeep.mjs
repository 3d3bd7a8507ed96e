#!/usr/bin/env node
// The command `xenkeep`, on any Node ≥ 20: XenKeep needs Node 24, which comes with its dependencies (node-linux-*) on Linux.
// `npm run` and `npx` find that one by themselves; called by its path, this file hands over to it. Hence plain JavaScript.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const NEEDED = 24
const main = fileURLToPath(new URL('main.ts', import.meta.url))
const bundled = ['node_modules', '../node_modules']
  .map(folder =>
    fileURLToPath(new URL(`../${folder}/node-linux-${process.arch}/bin/node`, import.meta.url)),
  )
  .find(existsSync)

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  await import('./main.ts')
} else if (bundled) {
  // The channel (ipc) tells the program when this process is killed, so that nothing is left running.
  const child = spawn(bundled, [main, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
} else {
  console.error(`xenkeep: Node ${process.versions.node} is too old; version ${NEEDED} or later is needed.
  what to do: Run "npm ci" in XenKeep's folder (on Linux it brings Node ${NEEDED} along), or install Node ${NEEDED}.
  code: NODE_TOO_OLD`)
  process.exitCode = 2
}
