import DatePicker from '@cloudscape-design/components/date-picker'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import { useState } from 'react'
import type { Held } from '#core/contracts/holds-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { repository } from '../../text/repository.ts'
import { VmChoice } from './vm-choice.tsx'

const words = repository.holds.placing

const DAY = 86_400_000 // ms

export const PlaceHoldModal = ({ onClose }: { onClose: () => void }) => {
  const { tell } = useNotices()
  const [of, setOf] = useState<'vm' | 'point'>('vm')
  const [vmUuid, setVmUuid] = useState('')
  const [pointId, setPointId] = useState('')
  const [reason, setReason] = useState('')
  const [until, setUntil] = useState('')
  const on: Held = of === 'vm' ? { vmUuid } : { pointId: pointId.trim().toUpperCase() }
  const place = useDeed('placeHold', {
    onDone: ({ beingRemoved }) => {
      const late = beingRemoved.length > 0
      tell({
        type: late ? 'warning' : 'success',
        content: late ? words.late(beingRemoved.join(', ')) : words.done,
      })
      onClose()
    },
  })
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready={reason.trim() !== '' && (of === 'vm' ? vmUuid : pointId.trim()) !== ''}
      busy={place.isPending}
      error={place.error}
      onSubmit={() =>
        place.mutate({ body: { on, reason, ...(until !== '' && { until: endOf(until) }) } })
      }
      onCancel={onClose}
    >
      <FormField label={words.of}>
        <RadioGroup
          value={of}
          ariaLabel={words.of}
          items={[
            { value: 'vm', label: words.ofVm },
            { value: 'point', label: words.ofPoint },
          ]}
          onChange={({ detail }) => setOf(detail.value === 'point' ? 'point' : 'vm')}
        />
      </FormField>
      {of === 'vm' ? (
        <VmChoice onChoose={setVmUuid} />
      ) : (
        <FormField label={words.point} constraintText={words.pointHint}>
          <Input value={pointId} ariaRequired onChange={({ detail }) => setPointId(detail.value)} />
        </FormField>
      )}
      <FormField label={words.reason} constraintText={words.reasonHint}>
        <Input value={reason} ariaRequired onChange={({ detail }) => setReason(detail.value)} />
      </FormField>
      <FormField label={words.until} constraintText={words.untilHint}>
        <DatePicker value={until} onChange={({ detail }) => setUntil(detail.value)} />
      </FormField>
    </FormModal>
  )
}

/** A hold until a day (2026-12-24) lasts to the end of that day where the person is. */
const endOf = (day: string): number => new Date(`${day}T00:00:00`).getTime() + DAY
