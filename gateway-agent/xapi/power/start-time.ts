import type { Xapi } from '../api.ts'
import { NULL_REF, VmMetricsRecord, type VmRecord } from '../records.ts'
import { unlessGone } from '../vms.ts'

/**
 * When a VM was started last. XAPI copies it to snapshots, so the same value later means: nobody has started the VM since.
 * No clock is compared with another for that.
 * @returns VM_metrics.start_time, ms since 1970; 0 where it never ran
 */
export const startTimeOf = async (
  { call }: Xapi,
  { metrics }: Pick<VmRecord, 'metrics'>,
): Promise<number> => {
  if (metrics === NULL_REF) return 0
  const found = await unlessGone(call('VM_metrics.get_record', [metrics], VmMetricsRecord))
  return found?.start_time ?? 0
}
