import Button from '@cloudscape-design/components/button'
import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { useNotices } from '../../components/notices.tsx'
import { Time } from '../../components/time.tsx'
import { points } from '../../text/vm.ts'
import { vms } from '../../text/vms.ts'

const words = points.deleting

export const DeletePointModal = ({
  point: { pointId, vmName, taken },
  onClose,
}: {
  point: ListedPoint
  onClose: () => void
}) => {
  const [, go] = useLocation()
  const { tell } = useNotices()
  const [reason, setReason] = useState('')
  const [evenLast, setEvenLast] = useState(false)
  const remove = useDeed('deletePoint', {
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
    <ConfirmByName
      title={words.title}
      name={vmName}
      action={words.action}
      ready={reason.trim() !== ''}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { pointId }, body: { reason, vmName, evenLast } })}
      onCancel={onClose}
      more={
        <>
          <FormField label={words.reason} description={words.reasonHint}>
            <Input value={reason} ariaRequired onChange={({ detail }) => setReason(detail.value)} />
          </FormField>
          <Checkbox checked={evenLast} onChange={({ detail }) => setEvenLast(detail.checked)}>
            {words.evenLast}
          </Checkbox>
        </>
      }
    >
      {words.what(vmName || vms.unnamed(''))} <Time at={taken} />.
    </ConfirmByName>
  )
}
