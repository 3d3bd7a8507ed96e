import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname, platform, release, type } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { GuestIdentity } from '#core/contracts/guests-api.ts'
import { XenUuid } from '#core/contracts/ids.ts'
import { IdentityUnreadableError } from '../control/errors.ts'
import { replacePrivateFile } from '../control/private-file.ts'
import { GuestCopiedError } from './errors.ts'

/** What tells one machine from another: of the hypervisor where it says so, else of the firmware, else of the system. */
export interface MachineMark {
  kind: 'xen' | 'dmi' | 'machine-id'
  id: string
}

const GuestFile = z.strictObject({
  guestUuid: XenUuid,
  /** The machine that it was made on. */
  mark: z.strictObject({ kind: z.enum(['xen', 'dmi', 'machine-id']), id: z.string() }).optional(),
})

/** Where Linux keeps such ids: that of the VM under Xen, `product_uuid` (root only), and machine-id(5). */
const PLACES: readonly [MachineMark['kind'], string][] = [
  ['xen', '/sys/hypervisor/uuid'],
  ['dmi', '/sys/class/dmi/id/product_uuid'],
  ['machine-id', '/etc/machine-id'],
]
/** Of dom0, and of firmware that nobody gave an id. */
const NOBODY = /^0+$/

/** @returns nothing where the machine has none that can be read */
export const machineMark = async (
  read = (path: string) => readFile(path, 'utf8'),
): Promise<MachineMark | undefined> => {
  for (const [kind, path] of PLACES) {
    const id = (await read(path).catch(() => '')).trim().toLowerCase()
    if (id !== '' && !NOBODY.test(id.replaceAll('-', ''))) return { kind, id }
  }
  return undefined
}

/**
 * The UUID of this guest; made at the first start, and kept beside the key of its agent.
 * @param file `guest.json`
 * @throws `IDENTITY_UNREADABLE`; `GUEST_COPIED` on a machine that is a copy of the one it was made on: it would take the jobs of the other
 */
export const loadGuest = async (
  file: string,
  mark: MachineMark | undefined,
): Promise<{ guestUuid: string }> => {
  const text = await readFile(file, 'utf8').catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw new IdentityUnreadableError(file, error)
  })
  if (text === undefined) {
    const made = { guestUuid: randomUUID(), ...(mark && { mark }) }
    await replacePrivateFile(file, `${JSON.stringify(made)}\n`)
    return made
  }
  let kept: z.infer<typeof GuestFile>
  try {
    kept = GuestFile.parse(JSON.parse(text))
  } catch (error) {
    throw new IdentityUnreadableError(file, error)
  }
  // An id of another kind says nothing: who may read which changes with the user of the agent.
  if (kept.mark && mark && kept.mark.kind === mark.kind && kept.mark.id !== mark.id)
    throw new GuestCopiedError(file, kept.mark.id, mark.id)
  return kept
}

/** What the agent tells of its machine when it enrols. */
export const guestIdentity = async (
  guestUuid: string,
  mark: MachineMark | undefined,
): Promise<GuestIdentity> => ({
  guestUuid,
  os: OS[platform()] ?? 'other',
  osName: (await systemName()).slice(0, 200),
  machine: hostname().slice(0, 255),
  ...(mark?.kind === 'xen' && XenUuid.safeParse(mark.id).success && { vmUuid: mark.id }),
})

const OS: { [platform: string]: 'linux' | 'windows' } = { linux: 'linux', win32: 'windows' }

/** os-release(5), else what the system calls itself. */
const systemName = async (): Promise<string> => {
  const text = await readFile(join('/', 'etc', 'os-release'), 'utf8').catch(() => '')
  const name = /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(text)?.[1]
  return name ?? `${type()} ${release()}`
}
