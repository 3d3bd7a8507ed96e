import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Toggle from '@cloudscape-design/components/toggle'
import { useState } from 'react'
import type { MaintenanceSchedule } from '#core/contracts/repository-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
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
  const [share, setShare] = useState(percentOf(before.verification?.share))
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
      ready={/^\d\d:\d\d$/.test(at) && timeZone.trim() !== '' && isShare(share)}
      busy={save.isPending}
      error={save.error}
      onSubmit={() =>
        save.mutate({
          body: {
            ...{ enabled, at, timeZone: timeZone.trim() },
            ...verificationOf(before.verification, share),
          },
        })
      }
      onCancel={onClose}
    >
      <Toggle checked={enabled} onChange={({ detail }) => setEnabled(detail.checked)}>
        {words.enabled}
      </Toggle>
      <FormField label={words.at} constraintText={words.atHint}>
        <Input value={at} ariaRequired onChange={({ detail }) => setAt(detail.value)} />
      </FormField>
      <FormField label={words.zone} constraintText={words.zoneHint}>
        <Input value={timeZone} ariaRequired onChange={({ detail }) => setTimeZone(detail.value)} />
      </FormField>
      {readsShare && (
        <FormField label={words.share} constraintText={words.shareHint}>
          <Input
            value={share}
            inputMode="decimal"
            onChange={({ detail }) => setShare(detail.value)}
          />
        </FormField>
      )}
    </FormModal>
  )
}

const percentOf = (share: number | undefined): string =>
  share === undefined ? '' : String(Math.round(share * 1e6) / 1e4)

const isShare = (percent: string): boolean =>
  percent.trim() === '' || (Number(percent) > 0 && Number(percent) <= 100)

/** What is not asked here stays as it was. */
const verificationOf = (
  before: MaintenanceSchedule['verification'],
  percent: string,
): Pick<MaintenanceSchedule, 'verification'> => {
  const { share: _, ...rest } = before ?? { level: 1 as const }
  if (percent.trim() !== '') return { verification: { ...rest, share: Number(percent) / 100 } }
  return before ? { verification: rest } : {}
}
