import FormField from '@cloudscape-design/components/form-field'
import RadioGroup from '@cloudscape-design/components/radio-group'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { ComponentRestoreReport } from '#core/contracts/guest-jobs.ts'
import type { JobView } from '#core/contracts/runs-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { Words } from '../../components/words.tsx'
import { runPage } from '../../text/runs.ts'

/** Of which point, and on which guest where that is another than it was saved on. */
interface Restore {
  pointId: string
  onto?: string
}

type Stopped = NonNullable<ComponentRestoreReport['stopped']>

/** @returns the restore of a component that a run left open, where it did */
export const leftOpen = (
  jobs: readonly JobView[],
): { restore: Restore; stopped: Stopped } | undefined => {
  const [job] = jobs
  if (job?.outcome?.status !== 'component-restored') return undefined
  const { pointId, stopped } = job.outcome.report
  const { spec } = job
  const isElsewhere = spec.kind === 'restore-component' && spec.savedOn !== undefined
  const restore = { pointId, ...(isElsewhere && { onto: spec.guestUuid }) }
  return stopped && { restore, stopped }
}

interface Props {
  restore: Restore
  onClose: () => void
}

/** Has a restore go on from the step that is open. Leads to the new run. */
export const GoOnModal = ({ restore, stopped, onClose }: Props & { stopped: Stopped }) => {
  const words = runPage.goOn
  const { because, text, from = [] } = stopped
  const [chosen, choose] = useState(from[0])
  const { ask, dialogue } = useStart(words.done, onClose)
  return (
    <FormModal
      {...dialogue}
      title={words.title}
      action={words.action}
      ready={chosen !== undefined}
      onSubmit={() =>
        chosen !== undefined &&
        ask({ body: { kind: 'component-restore', ...restore, steps: { from: chosen } } })
      }
    >
      {because === 'manual' && <p>{words.person}</p>}
      <p>
        <Words>{text}</Words>
      </p>
      {from.length > 1 && (
        <FormField label={words.from}>
          <RadioGroup
            value={String(chosen)}
            items={from.map((step, index) => ({
              value: String(step),
              label: index === 0 ? words.again(step) : words.behind(step),
            }))}
            onChange={({ detail }) => choose(Number(detail.value))}
          />
        </FormField>
      )}
    </FormModal>
  )
}

/** Gives a restore up that is open. */
export const GiveUpModal = ({ restore, onClose }: Props) => {
  const words = runPage.giveUp
  const { ask, dialogue } = useStart(words.done, onClose)
  return (
    <FormModal
      {...dialogue}
      title={words.title}
      action={words.action}
      ready
      onSubmit={() =>
        ask({ body: { kind: 'component-restore', ...restore, steps: { giveUp: true } } })
      }
    >
      <p>{words.what}</p>
    </FormModal>
  )
}

const useStart = (done: string, onClose: () => void) => {
  const [, go] = useLocation()
  return useAskedDeed('startRun', {
    told: () => done,
    onTold: ({ runId }) => go(`/runs/${runId}`),
    onClose,
  })
}
