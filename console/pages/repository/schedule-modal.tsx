import Toggle from '@cloudscape-design/components/toggle'
import { useState } from 'react'
import type { MaintenanceSchedule } from '#core/contracts/repository-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { NumberField } from '../../components/number-field.tsx'
import { TimeField } from '../../components/time-field.tsx'
import { ZoneField } from '../../components/zone-field.tsx'
import { repository } from '../../text/repository.ts'

const words = repository.schedule

export const ScheduleModal = ({
  schedule: before,
  onClose,
}: {
  schedule: MaintenanceSchedule
  onClose: () => void
}) => {
  const { tell } = useNotices()
  const [enabled, setEnabled] = useState(before.enabled)
  const [at, setAt] = useState(before.at)
  const [timeZone, setTimeZone] = useState(before.timeZone)
  const [percent, setPercent] = useState(percentOf(before.verification?.share))
  const save = useDeed('putMaintenanceSchedule', {
    onDone: () => {
      tell({ type: 'success', content: words.done })
      onClose()
    },
  })
  const readsShare = (before.verification?.level ?? 1) === 1
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready={isShare(percent)}
      busy={save.isPending}
      error={save.error}
      onSubmit={() =>
        save.mutate({
          body: {
            ...{ enabled, at, timeZone },
            ...verificationOf(before.verification, percent),
          },
        })
      }
      onCancel={onClose}
    >
      <Toggle checked={enabled} onChange={({ detail }) => setEnabled(detail.checked)}>
        {words.enabled}
      </Toggle>
      <TimeField label={words.at} value={at} onChange={setAt} />
      <ZoneField label={words.zone} value={timeZone} onChange={setTimeZone} />
      {readsShare && (
        <NumberField
          label={words.share}
          constraintText={words.shareHint}
          value={percent}
          onChange={setPercent}
        />
      )}
    </FormModal>
  )
}

const percentOf = (share: number | undefined): number | undefined =>
  share === undefined ? undefined : Math.round(share * 1e6) / 1e4

const isShare = (percent: number | undefined): boolean =>
  percent === undefined || (percent > 0 && percent <= 100)

/** What is not asked here stays as it was. */
const verificationOf = (
  before: MaintenanceSchedule['verification'],
  percent: number | undefined,
): Pick<MaintenanceSchedule, 'verification'> => {
  const { share: _, ...rest } = before ?? { level: 1 as const }
  if (percent !== undefined) return { verification: { ...rest, share: percent / 100 } }
  return before ? { verification: rest } : {}
}
