import FormField from '@cloudscape-design/components/form-field'
import Textarea from '@cloudscape-design/components/textarea'
import { useState } from 'react'
import type { JobView, RunView } from '#core/contracts/runs-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { FormModal } from '../../components/form-modal.tsx'
import { jobSubject } from '../../components/run/job-subject.ts'
import { runPage } from '../../text/runs.ts'

interface Props {
  run: RunView
  onClose: () => void
}

/** What writes over a VM asks for its name. */
export const ApproveModal = ({ run, jobs, onClose }: Props & { jobs: readonly JobView[] }) => {
  const words = runPage.approve
  const { ask, dialogue } = useAskedDeed('approveRun', { told: () => words.done, onClose })
  const submit = () => ask({ params: { runId: run.runId }, body: {} })
  const common = { title: words.title, action: words.action, ...dialogue }
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
  const [because, setBecause] = useState('')
  const { ask, dialogue } = useAskedDeed('declineRun', { told: () => words.done, onClose })
  const body = because.trim() === '' ? {} : { because: because.trim() }
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready={because.length <= 500}
      {...dialogue}
      onSubmit={() => ask({ params: { runId: run.runId }, body })}
    >
      <p>{words.what}</p>
      <FormField label={words.because}>
        <Textarea value={because} onChange={({ detail }) => setBecause(detail.value)} />
      </FormField>
    </FormModal>
  )
}
