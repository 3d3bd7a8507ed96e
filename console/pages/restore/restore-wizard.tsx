import Wizard from '@cloudscape-design/components/wizard'
import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { useLeaveWarning } from '../../components/leave-warning.ts'
import { useNotices } from '../../components/notices.tsx'
import { restore as words } from '../../text/restore.ts'
import {
  EMPTY,
  isOverVm,
  problemsOf,
  requestOf,
  STEPS,
  type Step,
  type StepProps,
} from './draft.ts'
import { OptionsStep } from './options-step.tsx'
import { PointStep } from './point-step.tsx'
import { SummaryStep } from './summary-step.tsx'
import { TargetStep } from './target-step.tsx'
import { usePlan } from './use-plan.ts'

/** From a recovery point to a run that restores it. */
export const RestoreWizard = ({ draft, change }: Pick<StepProps, 'draft' | 'change'>) => {
  const [, go] = useLocation()
  const { tell } = useNotices()
  const [active, setActive] = useState(0)
  const [tried, setTried] = useState<ReadonlySet<Step>>(new Set())
  const [confirming, setConfirming] = useState(false)
  const step: Step = STEPS[active] ?? 'point'
  const problems = problemsOf(draft)
  const plan = usePlan(
    problems.length === 0 ? requestOf(draft, true) : undefined,
    step === 'summary',
  )
  const start = useDeed('startRun', {
    onDone: ({ runId }) => {
      tell({ type: 'success', content: words.started })
      go(`/runs/${runId}`)
    },
  })
  useLeaveWarning(draft !== EMPTY && !start.isSuccess)

  const begin = () => start.mutate({ body: requestOf(draft, false) })
  const shown: StepProps = {
    draft,
    change,
    problem: field => problems.find(one => one.field === field && tried.has(one.step))?.text,
  }
  const content: Record<Step, () => ReactNode> = {
    point: () => <PointStep {...shown} />,
    target: () => <TargetStep {...shown} />,
    options: () => <OptionsStep {...shown} />,
    summary: () => (
      <SummaryStep draft={draft} plan={plan} notStarted={confirming ? null : start.error} />
    ),
  }
  const isWrong = (of: Step) => problems.some(problem => problem.step === of)

  return (
    <>
      <Wizard
        activeStepIndex={active}
        steps={STEPS.map(name => ({
          title: words.steps[name].title,
          description: words.steps[name].description,
          content: name === step ? content[name]() : null,
          ...(tried.has(name) && isWrong(name) && { errorText: words.correct }),
        }))}
        isLoadingNextStep={start.isPending || (step === 'summary' && plan.isBusy)}
        submitButtonText={words.start}
        i18nStrings={{
          stepNumberLabel: words.labels.step,
          collapsedStepsLabel: words.labels.steps,
          skipToButtonLabel: ({ title }) => words.labels.skipTo(title),
          navigationAriaLabel: words.labels.all,
          cancelButton: words.labels.cancel,
          previousButton: words.labels.previous,
          nextButton: words.labels.next,
          optional: words.labels.optional,
          errorIconAriaLabel: words.labels.wrong,
        }}
        onNavigate={({ detail: { requestedStepIndex, reason } }) => {
          setTried(before => new Set([...before, step]))
          if (reason === 'next' && isWrong(step)) return
          setActive(requestedStepIndex)
        }}
        onCancel={() => go('/')}
        onSubmit={() => {
          if (plan.steps === undefined) return
          start.reset()
          if (isOverVm(draft.kind)) setConfirming(true)
          else begin()
        }}
      />
      {confirming && isOverVm(draft.kind) && draft.point && (
        <ConfirmByName
          title={words.confirm.title(draft.point.vmName)}
          name={draft.point.vmName}
          action={words.confirm.action}
          busy={start.isPending}
          error={start.error}
          onConfirm={begin}
          onCancel={() => setConfirming(false)}
        >
          {words.confirm[draft.kind](draft.point.vmName)} {plan.approval}
        </ConfirmByName>
      )}
    </>
  )
}
