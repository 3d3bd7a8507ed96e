import { z } from 'zod'
import { RestoreConflictError } from '#core/errors/restore.ts'
import type { Xapi } from '../../xapi/api.ts'

const Vm = z.object({
  uuid: z.string(),
  name_label: z.string(),
  other_config: z.record(z.string(), z.string()),
})

/**
 * XAPI refuses to import a VM whose seed of MAC addresses another VM has, and tells so only while the VM that would be replaced is off: so
 * that nobody is shut down for nothing, it is looked for first.
 * @throws `RESTORE_CONFLICT`
 */
export const refuseSeedTwin = async (
  xapi: Xapi,
  { uuid, seed }: { uuid: string; seed: string | undefined },
): Promise<void> => {
  if (seed === undefined) return
  const query = 'field "is_a_snapshot" = "false"'
  const vms = await xapi.call('VM.get_all_records_where', [query], z.record(z.string(), Vm))
  const twin = Object.values(vms).find(vm => vm.uuid !== uuid && vm.other_config.mac_seed === seed)
  if (twin) throw new RestoreConflictError(twin.name_label, twin.uuid)
}
