import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host, StopRequest } from '#cli/host.ts'
import { timeFormat } from '#cli/output/units.ts'
import { runProgram } from '#cli/program.ts'

export const PASSPHRASE = 'five random words of the test'

/**
 * `xenkeep repo …` in this process, on a folder of its own that holds a directory repository and whatever else a test needs.
 * @param at another place for the repository: what follows `--repository`
 */
export const repoTool = (at?: readonly string[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'xenkeep-repo-'))
  let out: string[] = []
  let err: string[] = []
  let listener: ((request: StopRequest) => void) | undefined
  const host: Host = {
    stdout: { write: (text: string) => out.push(text) > 0, isTTY: false },
    stderr: { write: (text: string) => err.push(text) > 0, isTTY: false },
    stdin: { isTTY: false } as Host['stdin'],
    env: { LANG: 'C.UTF-8', XENKEEP_PASSPHRASE: PASSPHRASE },
    fetch: () => Promise.reject(new Error('no network here')),
    now: Date.now,
    time: timeFormat('UTC'),
    onStop: heard => {
      listener = heard
      return () => {
        listener = undefined
      }
    },
  }
  const path = (name: string) => join(folder, name)
  const run = async (...args: string[]) => {
    out = []
    err = []
    const where = ['--repository', ...(at ?? [`file:${path('repository')}`])]
    const exitCode = await runProgram(host, ['repo', ...args, ...where], '0.0.0')
    return { exitCode, stdout: out.join(''), stderr: err.join('') }
  }
  return {
    host,
    path,
    write: (name: string, content: string | Uint8Array) => writeFileSync(path(name), content),
    files: () => readdirSync(folder).sort(),
    /** Runs one subcommand on the repository. */
    run,
    /** The same with `--json`. @returns the last document */
    json: async (...args: string[]) => {
      const ended = await run(...args, '--json')
      const last = ended.stdout.trim().split('\n').at(-1) ?? ''
      return { ...ended, document: JSON.parse(last || 'null') }
    },
    stop: (signal: StopRequest['signal'] = 'SIGINT') => listener?.({ signal, again: false }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
