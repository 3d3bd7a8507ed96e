import type { MachineFact } from '#core/recipes/action.ts'
import type { Value } from '#core/recipes/parameters.ts'
import { MACHINE, Machine } from '#core/recovery/machine.ts'
import { systemDisks, unsupportedIn } from '#core/recovery/unsupported.ts'
import { type ActionRoom, fail } from '../recipes/action-room.ts'
import { asking, MachineUnclearError } from './ask.ts'
import { readArea } from './boot-areas.ts'
import { type DescribedMachine, describeMachine } from './describe-machine.ts'

/**
 * Describes the machine; where a point is made, keeps the description in it, with what a BIOS starts from its disks.
 * @param step that asks
 * @returns what the recipe's other steps go by
 * @throws ActionError
 */
export const keepMachine = async (
  root: string,
  step: string,
  room: ActionRoom,
): Promise<Record<MachineFact, Value>> => {
  const asked = asking(room.ports.run, room.staging.path, room.signal)
  const plain = root === '/' ? '/' : root.replace(/\/+$/, '')
  const described = await describeMachine(asked, plain).catch(error => {
    if (error instanceof MachineUnclearError) return fail(`${error.message}.`, room)
    throw error
  })
  const machine = Machine.parse(described.machine)
  if (room.keeper) await keep({ ...described, machine }, step, room)
  const unsupported = unsupportedIn(machine, true)
  room.note(
    unsupported.length === 0
      ? `${machine.hostname} can be made anew on ${systemDisks(machine)
          .map(({ name, bytes }) => `a disk as large as ${name} (${bytes} bytes)`)
          .join(', ')}`
      : `files are kept, but ${machine.hostname} cannot be made anew on empty disks: ${unsupported.join(' ')}`,
  )
  return {
    folders: described.folders,
    leftOut: machine.swapFiles.map(({ path }) => path),
    hostname: machine.hostname,
    firmware: machine.firmware,
    disks: systemDisks(machine)
      .map(({ name, bytes }) => `${name}: ${bytes} bytes`)
      .join(', '),
    unsupported,
  }
}

const keep = async (
  { machine, paths }: Pick<DescribedMachine, 'machine' | 'paths'>,
  step: string,
  { keeper }: ActionRoom,
): Promise<void> => {
  const text = Buffer.from(`${JSON.stringify(machine, undefined, 2)}\n`)
  await keeper?.stream(MACHINE, once(text), step)
  for (const disk of systemDisks(machine))
    for (const area of disk.bootAreas)
      await keeper?.stream(area.stream, readArea(paths.get(disk.name) ?? '', area), step)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
