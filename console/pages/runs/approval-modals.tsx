import FormField from '@cloudscape-design/components/form-field'
import Textarea from '@cloudscape-design/components/textarea'
import { useState } from 'react'
import type { JobView, RunView } from '#core/contracts/runs-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { jobSubject } from '../../components/run/job-subject.ts'
import { runPage } from '../../text/runs.ts'

interface Props {
  run: RunView
  onClose: () => void
}

/** What writes over a VM asks for its name. */
export const ApproveModal = ({ run, jobs, onClose }: Props & { jobs: readonly JobView[] }) => {
  const words = runPage.approve
  const { tell } = useNotices()
  const approve = useDeed('approveRun', {
    onDone: () => {
      tell({ type: 'success', content: words.done })
      onClose()
    },
  })
  const submit = () => approve.mutate({ params: { runId: run.runId }, body: {} })
  const common = {
    title: words.title,
    action: words.action,
    busy: approve.isPending,
    error: approve.error,
    onCancel: onClose,
  }
  const [first] = jobs
  if (run.approval?.needs === 'administrator' && first)
    return (
      <ConfirmByName {...common} name={jobSubject(first)} onConfirm={submit}>
        {words.what(run.title)} {words.over}
      </ConfirmByName>
    )
  return (
    <FormModal {...common} ready onSubmit={submit}>
      <p>{words.what(run.title)}</p>
    </FormModal>
  )
}

export const DeclineModal = ({ run, onClose }: Props) => {
  const words = runPage.decline
  const { tell } = useNotices()
  const [because, setBecause] = useState('')
  const decline = useDeed('declineRun', {
    onDone: () => {
      tell({ type: 'success', content: words.done })
      onClose()
    },
  })
  const body = because.trim() === '' ? {} : { because: because.trim() }
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready={because.length <= 500}
      busy={decline.isPending}
      error={decline.error}
      onSubmit={() => decline.mutate({ params: { runId: run.runId }, body })}
      onCancel={onClose}
    >
      <p>{words.what}</p>
      <FormField label={words.because}>
        <Textarea value={because} onChange={({ detail }) => setBecause(detail.value)} />
      </FormField>
    </FormModal>
  )
}
