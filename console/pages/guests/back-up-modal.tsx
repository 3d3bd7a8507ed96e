import Button from '@cloudscape-design/components/button'
import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { GuestView } from '#core/contracts/guests-api.ts'
import { LockPolicy } from '#core/contracts/points.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { backUpComponent as words } from '../../text/guests.ts'
import { type Component, componentName } from './component.ts'

/** Asks how, and saves one component of a guest now. */
export const BackUpModal = ({
  guest: { guestUuid, name },
  component,
  onClose,
}: {
  guest: Pick<GuestView, 'guestUuid' | 'name'>
  component: Component
  onClose: () => void
}) => {
  const [, go] = useLocation()
  const { tell } = useNotices()
  const [full, setFull] = useState(false)
  const [days, setDays] = useState('')
  const { recipe, instance } = component
  const lock = LockPolicy.safeParse({ mode: 'governance', days: Number(days) })
  const isWrong = days !== '' && !lock.success
  const start = useDeed('startRun', {
    onDone: ({ runId }) => {
      tell({
        type: 'success',
        content: words.done,
        action: <Button onClick={() => go(`/runs/${runId}`)}>{words.watch}</Button>,
      })
      onClose()
    },
  })
  return (
    <FormModal
      title={words.title(componentName(component), name)}
      action={words.start}
      ready={!isWrong}
      busy={start.isPending}
      error={start.error}
      onCancel={onClose}
      onSubmit={() =>
        start.mutate({
          body: {
            ...{ kind: 'component-backup', guestUuid, recipe },
            ...(instance !== undefined && { instance }),
            ...(full && { full }),
            ...(days !== '' && lock.success && { lock: lock.data }),
          },
        })
      }
    >
      {words.what}
      <FormField
        label={words.days}
        constraintText={words.daysHint}
        {...(isWrong && { errorText: words.daysWrong })}
      >
        <Input
          value={days}
          inputMode="numeric"
          onChange={({ detail }) => setDays(detail.value.trim())}
        />
      </FormField>
      <Checkbox
        checked={full}
        description={words.fullHint}
        onChange={({ detail }) => setFull(detail.checked)}
      >
        {words.full}
      </Checkbox>
    </FormModal>
  )
}
