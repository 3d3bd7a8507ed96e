import type { Host } from '#cli/host.ts'
import { timeFormat } from '#cli/output/units.ts'
import { runProgram } from '#cli/program.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { JobView, RunView } from '#core/contracts/runs-api.ts'

export interface Printed {
  exitCode: number
  stdout: string
  stderr: string
}

/**
 * The whole command line against a data directory whose control plane runs, without a process for each command: what it is given is what
 * a person types, what it gives back is what a person sees.
 */
export const commandLine = (dataDir: string) => {
  const xenkeep = async (...args: string[]): Promise<Printed> => {
    const out: string[] = []
    const err: string[] = []
    const host: Host = {
      stdout: { write: (text: string) => out.push(text) > 0 },
      stderr: { write: (text: string) => err.push(text) > 0 },
      stdin: { isTTY: false } as Host['stdin'],
      env: { LANG: 'C.UTF-8' },
      fetch: globalThis.fetch,
      now: Date.now,
      time: timeFormat('UTC'),
      onStop: () => () => undefined,
    }
    const exitCode = await runProgram(host, [...args, '--data', dataDir], '0.0.0')
    return { exitCode, stdout: out.join(''), stderr: err.join('') }
  }
  const json = async <T>(...args: string[]): Promise<T> => {
    const printed = await xenkeep(...args, '--json')
    if (printed.exitCode !== 0) throw new Error(`${args.join(' ')}: ${printed.stdout}`)
    return JSON.parse(printed.stdout) as T
  }
  return {
    xenkeep,
    /** A command that has to succeed. @returns what it prints on standard output */
    done: async (...args: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await xenkeep(...args)
      if (exitCode !== 0) throw new Error(`${args.join(' ')} → ${exitCode}\n${stdout}${stderr}`)
      return stdout
    },
    json,
    /** Of one VM, newest first. */
    points: async (vm: string) =>
      (await json<{ points: PointSummary[] }>('points', '--vm', vm)).points,
    latestRun: () => json<{ run: RunView; jobs: JobView[] }>('runs', 'latest'),
  }
}
export type CommandLine = ReturnType<typeof commandLine>
