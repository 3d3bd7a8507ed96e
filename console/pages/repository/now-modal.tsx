import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import { useState } from 'react'
import { MaintenanceStep } from '#core/contracts/maintenance.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { repository } from '../../text/repository.ts'

const words = repository.now

/** Starts now what is begun once a day. Which steps ask for an administrator, the API says. */
export const NowModal = ({ hasCopy, onClose }: { hasCopy: boolean; onClose: () => void }) => {
  const { tell } = useNotices()
  const offered = MaintenanceStep.options.filter(step => step !== 'compare' || hasCopy)
  const [steps, setSteps] = useState<readonly MaintenanceStep[]>(offered)
  const start = useDeed('startRun', {
    onDone: ({ runId }) => {
      tell({
        type: 'success',
        content: words.done,
        action: <PageLink to={`/runs/${runId}`}>{words.show}</PageLink>,
      })
      onClose()
    },
  })
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready={steps.length > 0}
      busy={start.isPending}
      error={start.error}
      onSubmit={() => start.mutate({ body: { kind: 'maintenance', steps: [...steps] } })}
      onCancel={onClose}
    >
      <FormField label={words.steps} description={words.hint}>
        {offered.map(step => (
          <Checkbox
            key={step}
            checked={steps.includes(step)}
            onChange={({ detail }) =>
              setSteps(offered.filter(one => (one === step ? detail.checked : steps.includes(one))))
            }
          >
            {words[step]}
          </Checkbox>
        ))}
      </FormField>
    </FormModal>
  )
}
