import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Host, StopRequest } from '#cli/host.ts'
import { timeFormat } from '#cli/output/units.ts'
import { runProgram } from '#cli/program.ts'

/** Answers calls of the API: `GET /v1/runs` → a body, or a body with a status, or what the function returns. */
export type Answers = Record<string, unknown | ((request: { body: unknown; url: URL }) => unknown)>

/** An answer that is not 200. */
export const status = (code: number, body: unknown) => ({ [STATUS]: code, body })
const STATUS = Symbol('status')

/** The command line on a made-up machine, for one test: captured output, a made-up API, a clock that stands still. */
export const cliHost = (answers: Answers = {}) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'xenkeep-cli-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const out: string[] = []
  const err: string[] = []
  const calls: string[] = []
  let listener: ((request: StopRequest) => void) | undefined

  const fetchAnswer = async (input: unknown, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(input))
    const key = `${init?.method} ${url.pathname}`
    calls.push(`${key}${url.search}${init?.body ? ` ${init.body}` : ''}`)
    const body = init?.body ? JSON.parse(String(init.body)) : undefined
    const answer = answers[key] ?? new Error(`no answer to ${key}`)
    const given = typeof answer === 'function' ? await answer({ body, url }) : answer
    if (given instanceof Error) throw given
    if (given instanceof Response) return given
    const at = (given as { [STATUS]?: number })[STATUS]
    return at === undefined
      ? Response.json(given)
      : Response.json((given as { body: unknown }).body, { status: at })
  }

  const host: Host = {
    stdout: { write: (text: string) => out.push(text) > 0, isTTY: false },
    stderr: { write: (text: string) => err.push(text) > 0, isTTY: false },
    stdin: { isTTY: false } as Host['stdin'],
    env: { LANG: 'C.UTF-8' },
    fetch: fetchAnswer as typeof fetch,
    now: () => Date.UTC(2026, 10, 22, 14, 0, 0),
    time: timeFormat('UTC'),
    onStop: heard => {
      listener = heard
      return () => {
        listener = undefined
      }
    },
  }
  return {
    host,
    dataDir,
    calls,
    /** Writes the file that a running control plane leaves. */
    running: async () => {
      await mkdir(join(dataDir, 'control'), { recursive: true })
      await writeFile(
        join(dataDir, 'control', 'endpoint.json'),
        JSON.stringify({ url: 'http://127.0.0.1:8720', token: 'a token of a person', pid: 1 }),
      )
    },
    stop: (signal: StopRequest['signal'] = 'SIGINT') => listener?.({ signal, again: false }),
    /** Runs one command. @returns exit code and everything printed since the last one */
    run: async (...args: string[]) => {
      out.length = 0
      err.length = 0
      const exitCode = await runProgram(host, [...args, '--data', dataDir], '0.0.0')
      return { exitCode, stdout: out.join(''), stderr: err.join('') }
    },
  }
}

/** A host on which the control plane runs, and answers so. */
export const runningCli = async (answers: Answers) => {
  const host = cliHost(answers)
  await host.running()
  return host
}
