import { useLocation } from 'wouter'
import type { RunView } from '#core/contracts/runs-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { runPage } from '../../text/runs.ts'

interface Props {
  run: RunView
  onClose: () => void
}

export const CancelModal = ({ run, onClose }: Props) => {
  const words = runPage.cancel
  const { tell } = useNotices()
  const cancel = useDeed('cancelRun', {
    onDone: () => {
      tell({ type: 'info', content: words.done })
      onClose()
    },
  })
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready
      busy={cancel.isPending}
      error={cancel.error}
      onSubmit={() => cancel.mutate({ params: { runId: run.runId }, body: {} })}
      onCancel={onClose}
    >
      <p>{run.title}</p>
      <p>{run.state === 'waiting' ? words.withdraw : words.what}</p>
    </FormModal>
  )
}

/** Leads to the new run. */
export const RetryModal = ({ run, onClose }: Props) => {
  const words = runPage.retry
  const { tell } = useNotices()
  const [, go] = useLocation()
  const retry = useDeed('retryRun', {
    onDone: ({ runId }) => {
      tell({ type: 'success', content: words.done })
      onClose()
      go(`/runs/${runId}`)
    },
  })
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready
      busy={retry.isPending}
      error={retry.error}
      onSubmit={() => retry.mutate({ params: { runId: run.runId }, body: {} })}
      onCancel={onClose}
    >
      <p>{words.what}</p>
    </FormModal>
  )
}

export const RedriveModal = ({ run, onClose }: Props) => {
  const words = runPage.redrive
  const { tell } = useNotices()
  const redrive = useDeed('redriveRun', {
    onDone: ({ attempt }) => {
      tell({ type: 'success', content: words.done(attempt) })
      onClose()
    },
  })
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready
      busy={redrive.isPending}
      error={redrive.error}
      onSubmit={() => redrive.mutate({ params: { runId: run.runId }, body: {} })}
      onCancel={onClose}
    >
      <p>{words.what}</p>
    </FormModal>
  )
}
