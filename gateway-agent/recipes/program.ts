import { type ChildProcess, spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ProgramEnd, RunProgram } from './ports.ts'
import type { RunningGroups } from './running-groups.ts'

/** Bytes of output that are kept, and how long things may take to end, in ms. */
const STDOUT = 4 * 1024 * 1024 // a list of 10,000 items is smaller; more is no fact
const STDERR = 64 * 1024
const GRACE = 5_000 // between SIGTERM and SIGKILL
const CLOSING = 2_000 // for pipes that something else holds open

/** Windows starts no program without them. */
const NEEDED = [
  'PATH',
  'SystemRoot',
  'SystemDrive',
  'windir',
  'ComSpec',
  'ProgramFiles',
  'ProgramData',
]

const environment = (env: Readonly<Record<string, string>>, folder: string) => ({
  ...Object.fromEntries(
    NEEDED.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])),
  ),
  // Programs are understood by what they say, and they say it in the language of the system.
  LC_ALL: 'C.UTF-8',
  TMPDIR: folder,
  TEMP: folder,
  TMP: folder,
  ...env,
})

/**
 * @param graceMs between the wish to end and the end by force
 * @param groups keeps what runs, for who ends it when this process is killed
 */
export const systemPrograms =
  ({ graceMs = GRACE, groups }: { graceMs?: number; groups?: RunningGroups } = {}): RunProgram =>
  async (call, take) => {
    const { argv, env, folder, stdin, signal } = call
    if (signal.aborted) return { stdout: '', stderr: '', trouble: 'it was not started any more' }
    const [program = '', ...args] = argv
    const child = spawn(program, args, {
      // A group of its own, to be ended as a whole.
      detached: process.platform !== 'win32',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environment(env, folder),
      cwd: folder,
      windowsHide: true,
    })
    if (child.pid) groups?.began(child.pid)
    const ending = endOf(child, signal, graceMs)
    const stderr = tail(child.stderr, STDERR)
    const feeding = feed(child, stdin)
    let stdout = ''
    let tooMuch = false
    let thrown: { error: unknown } | undefined
    let cutOff = false
    const reading = take
      ? take(child.stdout).catch(error => {
          if (ending.isOver()) cutOff = true
          else thrown = { error }
          ending.kill()
        })
      : collect(child.stdout, STDOUT, () => {
          tooMuch = true
          ending.kill()
        }).then(text => {
          stdout = text
        })
    const end = await ending.done
    if (child.pid) groups?.ended(child.pid)
    await Promise.all([reading, feeding.done])
    if (thrown) throw thrown.error
    if (feeding.failed()) throw feeding.failed()?.error
    const trouble = tooMuch
      ? `it wrote more than ${STDOUT / 1024 ** 2} MiB, which only a "stream" takes, and was ended`
      : (end.trouble ?? (cutOff ? 'its output was cut off' : undefined))
    const { exit } = end
    return {
      ...(exit !== undefined && !tooMuch && { exit }),
      stdout,
      stderr: stderr(),
      ...(trouble && { trouble }),
    }
  }

/** Waits for the end of a program, and of everything in its group. */
const endOf = (child: ChildProcess, signal: AbortSignal, graceMs: number) => {
  const { promise, resolve } = Promise.withResolvers<Pick<ProgramEnd, 'exit' | 'trouble'>>()
  let over = false
  let force: NodeJS.Timeout | undefined
  const send = (name: NodeJS.Signals): void => {
    try {
      if (!child.pid) return
      if (process.platform === 'win32') child.kill(name)
      else process.kill(-child.pid, name)
    } catch {
      // It has ended.
    }
  }
  const kill = (): void => {
    send('SIGTERM')
    force ??= setTimeout(() => {
      send('SIGKILL')
      // What not even that ends waits for a disk or a network that does not answer.
      force = setTimeout(() => settle({ trouble: 'it could not be ended' }), graceMs)
    }, graceMs)
  }
  const settle = (end: Pick<ProgramEnd, 'exit' | 'trouble'>): void => {
    if (over) return
    over = true
    clearTimeout(force)
    signal.removeEventListener('abort', kill)
    send('SIGKILL') // what it left behind
    for (const pipe of [child.stdout, child.stderr, child.stdin]) pipe?.destroy()
    resolve(end)
  }
  child.once('error', ({ message }) => settle({ trouble: `it could not be started: ${message}` }))
  child.once('exit', (exit, by) => {
    send('SIGKILL')
    const end = exit === null ? { trouble: `it was ended by ${by}` } : { exit }
    // All that it wrote has arrived when the pipes are closed. Something outside of its group may hold them open; whoever reads slowly does not.
    const closing = setInterval(() => {
      if (child.stdout?.readableLength === 0) settle(end)
    }, CLOSING)
    void promise.then(() => clearInterval(closing))
    child.once('close', () => settle(end))
  })
  signal.addEventListener('abort', kill, { once: true })
  if (signal.aborted) kill()
  return { done: promise, kill, isOver: () => over }
}

/** Keeps the last bytes, in the parts that came: put together anew with each of them, a gigabyte took five times as long. */
const tail = (pipe: Readable | null, most: number): (() => string) => {
  const parts: Buffer[] = []
  let size = 0
  let cut = false
  pipe?.on('data', (bytes: Buffer) => {
    parts.push(bytes)
    size += bytes.length
    for (let first = parts[0]; first && size - first.length >= most; first = parts[0]) {
      parts.shift()
      size -= first.length
      cut = true
    }
  })
  pipe?.on('error', () => undefined)
  return () => {
    const all = Buffer.concat(parts)
    const kept = all.subarray(-most).toString()
    // Of a line that was cut, perhaps within a secret, nothing is told.
    return cut || all.length > most ? kept.replace(/^.*\n?/, '') : kept
  }
}

const collect = async (pipe: Readable, most: number, onTooMuch: () => void): Promise<string> => {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const bytes of pipe) {
      size += bytes.length
      if (size > most) {
        onTooMuch()
        break
      }
      parts.push(bytes)
    }
  } catch {
    // Destroyed when the program was ended.
  }
  return Buffer.concat(parts).toString()
}

/** Gives a program its input. One that does not read it to its end is its own affair; input that cannot be had is not. */
const feed = (child: ChildProcess, stdin: string | AsyncIterable<Uint8Array> | undefined) => {
  let failed: { error: unknown } | undefined
  const pipe = child.stdin
  const given = async (): Promise<void> => {
    if (!pipe) return
    pipe.on('error', () => undefined)
    if (stdin === undefined || typeof stdin === 'string') {
      pipe.end(stdin ?? '')
      return
    }
    const source = Readable.from(
      noted(stdin, error => (failed = { error })),
      { objectMode: false },
    )
    await pipeline(source, pipe).catch(() => undefined)
    if (failed) child.kill('SIGTERM')
  }
  return { done: given(), failed: () => failed }
}

/** Tells what the source throws, and nothing else: a generator around it would be thrown into when the pipe breaks. */
async function* noted(
  bytes: AsyncIterable<Uint8Array>,
  onError: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  const source = bytes[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await source.next().catch(error => {
        onError(error)
        throw error
      })
      if (next.done) return
      yield next.value
    }
  } finally {
    await source.return?.()
  }
}
