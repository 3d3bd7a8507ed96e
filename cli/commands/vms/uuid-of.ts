import type { Session } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { UsageError } from '../../errors.ts'
import { quoted } from '../../output/safe-text.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The UUID of a VM by exact name or UUID, also of one that is gone and has recovery points. @throws `USAGE`, `VM_NOT_FOUND` */
export const uuidOf = async ({ client }: Session, wanted: string): Promise<string> => {
  if (UUID.test(wanted)) return wanted.toLowerCase()
  // Names that are empty or long are not searched for: those are few.
  const search = wanted.trim() !== '' && wanted.length <= 255 ? { search: wanted.trim() } : {}
  const vms = (await listAll(client, 'listVms', search)).filter(({ name }) => name === wanted)
  const uuids = new Set(vms.map(({ uuid }) => uuid))
  if (uuids.size === 0) {
    const points = await listAll(client, 'listPoints', { vm: wanted })
    for (const point of points) uuids.add(point.vmUuid)
  }
  const [only] = uuids
  if (only !== undefined && uuids.size === 1) return only
  throw new UsageError(
    uuids.size === 0
      ? `${quoted(wanted)} is the name of no VM.`
      : `${quoted(wanted)} is the name of ${uuids.size} VMs.`,
    `Name it by its UUID: ${[...uuids].join(', ') || '"xenkeep vms" lists them'}`,
  )
}
