import { open, readFile } from 'node:fs/promises'
import type { RunProgram } from '../recipes/ports.ts'

/** How a machine is asked what it is. */
export interface Asking {
  /** @returns what the program wrote @throws MachineUnclearError where it failed with another exit code than these */
  ask(argv: readonly string[], exits?: readonly number[]): Promise<string>
  /** @returns the text, or nothing where there is no such file */
  read(path: string): Promise<string | undefined>
  /** @returns so many bytes of the beginning of a disk */
  head(disk: string, bytes: number): Promise<Buffer>
}

/** The machine did not tell what has to be known: a sentence. */
export class MachineUnclearError extends Error {}

/** Programs that ask disks lie where not every user looks. */
const PATH = [process.env.PATH, '/usr/sbin', '/sbin'].filter(Boolean).join(':')

/** @param folder where programs are started */
export const asking = (run: RunProgram, folder: string, signal: AbortSignal): Asking => ({
  ask: async (argv, exits = [0]) => {
    const end = await run({ argv, env: { PATH }, folder, signal })
    signal.throwIfAborted()
    if (end.exit !== undefined && exits.includes(end.exit)) return end.stdout
    const said = (end.stderr.trim() || end.trouble) ?? `exit code ${end.exit}`
    throw new MachineUnclearError(`"${argv[0]}" could not be asked: ${said.slice(0, 400)}`)
  },
  read: path => readFile(path, 'utf8').catch(() => undefined),
  head: async (disk, bytes) => {
    const file = await open(disk)
    try {
      return (await file.read(Buffer.alloc(bytes), 0, bytes, 0)).buffer
    } finally {
      await file.close()
    }
  },
})
