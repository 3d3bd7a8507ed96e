import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/**
 * `npm run demo -- --keep` without npm, as a process of its own, when it has told its story and waits.
 * @returns what it printed that somebody needs who knows nothing else
 */
export const keptDemo = async () => {
  const child: ChildProcess = spawn(process.execPath, ['cli/main.ts', 'demo', '--keep'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  const exit = once(child, 'exit') as Promise<[number | null]>
  const lines: string[] = []
  let complaint = ''
  child.stderr?.on('data', text => {
    complaint = `${complaint}${text}`.slice(-4_000)
  })
  const waits = new Promise<void>(resolve => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', line => {
      lines.push(line)
      if (line.startsWith('Ctrl-C ends')) resolve()
    })
  })
  const ended = await Promise.race([waits, exit])
  if (ended) throw new Error(`the demo ended (${ended[0]}):\n${lines.join('\n')}\n${complaint}`)
  const output = lines.join('\n')
  const read = (pattern: RegExp): string => {
    const found = pattern.exec(output)?.[1]
    if (found === undefined) throw new Error(`the demo did not print ${pattern}:\n${output}`)
    return found
  }
  return {
    url: read(/^ {2}(http:\S+)$/m),
    password: read(/^ {2}password +(\S+)$/m),
    folder: read(/^Everything happens in (\S+) and/m),
    /** As Ctrl-C does. @returns its exit code */
    async interrupt(): Promise<number | null> {
      child.kill('SIGINT')
      const [code] = await exit
      return code
    },
    kill: () => child.kill('SIGKILL'),
  }
}
export type KeptDemo = Awaited<ReturnType<typeof keptDemo>>

/** Command lines of this machine's processes that name a text. */
export const processesNaming = async (text: string): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const commands = await Promise.all(
    pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return commands.map(line => line.replaceAll('\0', ' ')).filter(line => line.includes(text))
}
