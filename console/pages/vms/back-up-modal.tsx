import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import RadioGroup from '@cloudscape-design/components/radio-group'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { Fallback, Method } from '#core/contracts/methods.ts'
import type { VmView } from '#core/contracts/vms-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { backUp as words } from '../../text/vms.ts'
import { nameOf } from './columns.tsx'

const NAMED = 5

const FALLBACKS: Record<Method, readonly Fallback[]> = {
  normal: [],
  quiesced: ['fail', 'crash'],
  memory: ['fail', 'crash'],
  offline: ['fail', 'hard-shutdown', 'crash'],
}

/** Asks how, and starts one run for all of them. */
export const BackUpModal = ({
  vms,
  onClose,
  onStarted = () => undefined,
}: {
  vms: readonly Pick<VmView, 'uuid' | 'name'>[]
  onClose: () => void
  onStarted?: () => void
}) => {
  const [, go] = useLocation()
  const { tell } = useNotices()
  const [method, setMethod] = useState<Method>('normal')
  const [fallback, setFallback] = useState<Fallback>('fail')
  const start = useDeed('startRun', {
    onDone: ({ runId }) => {
      tell({
        type: 'success',
        content: words.done(vms.length),
        action: <Button onClick={() => go(`/runs/${runId}`)}>{words.watch}</Button>,
      })
      onStarted()
      onClose()
    },
  })
  const fallbacks = FALLBACKS[method]
  const how = { method, ...(fallbacks.includes(fallback) && { fallback }) }
  const names = vms.slice(0, NAMED).map(nameOf)
  return (
    <FormModal
      title={words.title(vms.length, names[0] ?? '')}
      action={words.start}
      ready
      busy={start.isPending}
      error={start.error}
      onSubmit={() =>
        start.mutate({ body: { kind: 'backup', vms: vms.map(({ uuid }) => uuid), ...how } })
      }
      onCancel={onClose}
    >
      {vms.length > 1 && (
        <Box>
          {names.join(', ')}
          {vms.length > NAMED && ` ${words.more(vms.length - NAMED)}`}
        </Box>
      )}
      <FormField label={words.method}>
        <RadioGroup
          value={method}
          items={Method.options.map(value => ({ value, ...words.methods[value] }))}
          onChange={({ detail }) => setMethod(Method.parse(detail.value))}
        />
      </FormField>
      {fallbacks.length > 0 && (
        <FormField label={words.fallback}>
          <RadioGroup
            value={fallbacks.includes(fallback) ? fallback : 'fail'}
            items={fallbacks.map(value => ({ value, ...words.fallbacks[value] }))}
            onChange={({ detail }) => setFallback(Fallback.parse(detail.value))}
          />
        </FormField>
      )}
    </FormModal>
  )
}
