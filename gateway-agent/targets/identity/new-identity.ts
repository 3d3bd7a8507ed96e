import { type Maker, markOf, unfinishedName } from '#core/points/marks.ts'
import type { Xapi } from '../../xapi/api.ts'
import { JOB_TAG } from '../../xapi/ours.ts'
import { NULL_REF, RefText } from '../../xapi/records.ts'
import type { Identity } from './identity.ts'

/** Another VM: `VM.create` always makes a new UUID. */
export const newIdentity = ({ call }: Xapi, maker: Maker): Identity => ({
  early: true,
  steps: ['Makes a new VM, hidden behind a temporary name and with its start blocked.'],
  async make({ vm: { record, otherConfig } }, image) {
    const ref = await call(
      'VM.create',
      [
        {
          ...record,
          name_label: unfinishedName(maker),
          affinity: NULL_REF,
          appliance: NULL_REF,
          suspend_SR: NULL_REF,
          ...(image && { ...image.record, suspend_VDI: image.vdi.ref }),
          other_config: { ...otherConfig, [JOB_TAG]: markOf(maker) },
        },
      ],
      RefText,
    )
    return { ref, notes: [] }
  },
  settle: async () => [],
  undo: async () => [],
})
