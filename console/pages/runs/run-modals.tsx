import { useLocation } from 'wouter'
import type { RunView } from '#core/contracts/runs-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { runPage } from '../../text/runs.ts'

interface Props {
  run: RunView
  onClose: () => void
}

export const CancelModal = ({ run, onClose }: Props) => {
  const words = runPage.cancel
  const { ask, dialogue } = useAskedDeed('cancelRun', {
    told: () => words.done,
    type: 'info',
    onClose,
  })
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready
      {...dialogue}
      onSubmit={() => ask({ params: { runId: run.runId }, body: {} })}
    >
      <p>{run.title}</p>
      <p>{run.state === 'waiting' ? words.withdraw : words.what}</p>
    </FormModal>
  )
}

/** Leads to the new run. */
export const RetryModal = ({ run, onClose }: Props) => {
  const words = runPage.retry
  const [, go] = useLocation()
  const { ask, dialogue } = useAskedDeed('retryRun', {
    told: () => words.done,
    onTold: ({ runId }) => go(`/runs/${runId}`),
    onClose,
  })
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready
      {...dialogue}
      onSubmit={() => ask({ params: { runId: run.runId }, body: {} })}
    >
      <p>{words.what}</p>
    </FormModal>
  )
}

export const RedriveModal = ({ run, onClose }: Props) => {
  const words = runPage.redrive
  const { ask, dialogue } = useAskedDeed('redriveRun', {
    told: ({ attempt }) => words.done(attempt),
    onClose,
  })
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready
      {...dialogue}
      onSubmit={() => ask({ params: { runId: run.runId }, body: {} })}
    >
      <p>{words.what}</p>
    </FormModal>
  )
}
