import { createReadStream, createWriteStream } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Step } from '#core/contracts/recipe-steps.ts'
import type { Action, Program } from '#core/recipes/action.ts'
import { type ActionRoom, fail, guardEnd, programOf, saidBy } from './action-room.ts'

export const keepStream = async (
  action: Extract<Action, { kind: 'stream' }>,
  step: Step,
  room: ActionRoom,
): Promise<void> => {
  const { as, checkedBy, expect } = action
  const checking = checkedBy && startCheck(checkedBy, room)
  const end = await room.ports
    .run(programOf(action, room), async bytes => {
      const passed = checking ? checking.passing(bytes) : bytes
      await room.keeper?.stream(as, passed, step.id)
    })
    .finally(() => checking?.close())
  const checked = await checking?.ended
  guardEnd(action, end, expect, room)
  if (checked && checked.exit !== 0)
    fail(`what came is not whole, says ${checkedBy?.argv[0]}: ${saidBy(checked, room)}`, room)
}

/** Starts the program that reads along. It never holds up what is kept: once it ends, whatever its verdict, the rest passes without it. */
const startCheck = (checkedBy: Program, room: ActionRoom) => {
  const pipe = new PassThrough()
  let over = false
  const ended = room.ports.run({ ...programOf(checkedBy, room), stdin: pipe }).finally(() => {
    over = true
    pipe.resume()
  })
  async function* passing(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const part of bytes) {
      // A copy: what is kept may be taken over.
      if (!over && !pipe.write(Buffer.from(part)))
        await Promise.race([new Promise(resolve => pipe.once('drain', resolve)), ended])
      yield part
    }
  }
  return { passing, ended, close: () => void pipe.end() }
}

export const giveStream = async (
  action: Extract<Action, { kind: 'stream' }>,
  _step: Step,
  room: ActionRoom,
): Promise<void> => {
  const stdin = room.kept?.stream(action.as, room.signal)
  const end = await room.ports.run({ ...programOf(action, room), stdin })
  guardEnd(action, end, action.expect, room)
}

export const keepFile = async (
  { path, as }: Extract<Action, { kind: 'file' }>,
  step: Step,
  room: ActionRoom,
): Promise<void> => {
  const file = createReadStream(path, { highWaterMark: 1024 * 1024, signal: room.signal })
  await inWords(room, () => room.keeper?.stream(as, file, step.id))
}

export const writeFile = async (
  { path, as }: Extract<Action, { kind: 'file' }>,
  _step: Step,
  room: ActionRoom,
): Promise<void> => {
  const bytes = room.kept?.stream(as, room.signal)
  if (bytes)
    await inWords(room, () =>
      pipeline(Readable.from(bytes), createWriteStream(path, { mode: 0o600 })),
    )
}

/** What the file system says goes into the sentence of the step. */
const inWords = async (
  room: ActionRoom,
  work: () => Promise<unknown> | undefined,
): Promise<void> => {
  try {
    await work()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) fail(error.message, room)
    throw error
  }
}
