import SpaceBetween from '@cloudscape-design/components/space-between'
import Wizard from '@cloudscape-design/components/wizard'
import { type ReactNode, useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import type { PolicyInput } from '#core/contracts/policies.ts'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { useLeaveWarning } from '../../../components/leave-warning.ts'
import { ProblemAlert } from '../../../components/problem-alert.tsx'
import { conflict } from '../../../text/policy-wizard/conflict.ts'
import { wizard as words } from '../../../text/policy-wizard/frame.ts'
import { ConflictAlert } from './conflict-alert.tsx'
import { problemsOf, STEPS, type Step, type StepProps } from './draft.ts'
import { HowStep } from './how-step.tsx'
import { KeepStep } from './keep-step.tsx'
import { SummaryStep } from './summary-step.tsx'
import { TellStep } from './tell-step.tsx'
import { usePreview } from './use-preview.ts'
import { useSave } from './use-save.ts'
import { VmNames } from './vm-names.tsx'
import { WhatStep } from './what-step.tsx'
import { WhenStep } from './when-step.tsx'

/**
 * Makes a policy or changes one. What was typed lives here until it is saved, whatever the steps, the session and the API do.
 * @param typed what was typed before
 * @param of the policy to be changed, as it was when the wizard opened
 * @param onTyped hears of each change, and of the policy that it is to replace
 * @param onLeft when it is saved or given up
 */
export const PolicyWizard = ({
  begin,
  typed,
  of,
  onTyped,
  onLeft,
}: {
  begin: PolicyInput
  typed: PolicyInput | undefined
  of: PolicyView | undefined
  onTyped: (draft: PolicyInput, of: PolicyView | undefined) => void
  onLeft: () => void
}) => {
  const [, go] = useLocation()
  const [draft, setDraft] = useState(typed ?? begin)
  const [active, setActive] = useState(0)
  const [tried, setTried] = useState<ReadonlySet<Step>>(new Set())
  const [months, setMonths] = useState(12)
  const [names] = useState(() => new Map<string, string>())
  const policyId = of?.policy.policyId
  const preview = usePreview(draft, policyId, months)
  for (const { vmUuid, vmName } of preview.data?.vms ?? []) names.set(vmUuid, vmName)
  const save = useSave(of, onLeft)
  const isDirty = draft !== begin && !save.isDone
  useLeaveWarning(isDirty)
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when something else was typed, not when somebody else listens
  useEffect(() => {
    if (isDirty) onTyped(draft, save.base)
  }, [draft, save.base])

  const problems = problemsOf(draft)
  const step: Step = STEPS[active] ?? 'what'
  const shown: StepProps = {
    draft,
    change: members => setDraft(now => ({ ...now, ...members })),
    problem: path => problems.find(one => one.path === path && tried.has(one.step))?.text,
  }
  const wrong = (of: Step) => problems.filter(problem => problem.step === of).length

  const content: Record<Step, () => ReactNode> = {
    what: () => <WhatStep {...shown} preview={preview} />,
    how: () => <HowStep {...shown} />,
    when: () => <WhenStep {...shown} preview={preview} policyId={policyId} />,
    keep: () => <KeepStep {...shown} preview={preview} months={months} onMonths={setMonths} />,
    tell: () => <TellStep {...shown} />,
    summary: () => (
      <SpaceBetween size="l">
        {save.error !== null && save.error !== undefined && !save.theirs && (
          <ProblemAlert title={words.notSaved} error={save.error} />
        )}
        {save.theirs && save.before && (
          <ConflictAlert
            before={save.before}
            mine={draft}
            theirs={save.theirs}
            onTakeOver={policy => {
              setDraft(policy)
              save.accept(conflict.merged)
            }}
            onKeepMine={() => save.accept(conflict.mineKept)}
          />
        )}
        <SummaryStep draft={draft} preview={preview} problems={problems} />
      </SpaceBetween>
    ),
  }

  return (
    <VmNames value={names}>
      <Wizard
        activeStepIndex={active}
        steps={STEPS.map(name => ({
          title: words.steps[name].title,
          description: words.steps[name].description,
          // All but VMs and a name is preset: whoever agrees goes to the end at once.
          isOptional: name !== 'what' && name !== 'summary',
          content: name === step ? content[name]() : null,
          ...(tried.has(name) && wrong(name) > 0 && { errorText: words.correct(wrong(name)) }),
        }))}
        allowSkipTo
        isLoadingNextStep={save.isBusy}
        submitButtonText={of ? words.edit : words.create}
        i18nStrings={{
          stepNumberLabel: words.labels.stepNumber,
          collapsedStepsLabel: words.labels.collapsed,
          skipToButtonLabel: ({ title }) => words.labels.skipTo(title),
          navigationAriaLabel: words.labels.label,
          cancelButton: words.labels.cancel,
          previousButton: words.labels.previous,
          nextButton: words.labels.next,
          optional: words.labels.optional,
          errorIconAriaLabel: words.labels.failed,
        }}
        onNavigate={({ detail: { requestedStepIndex, reason } }) => {
          setTried(before => new Set([...before, step]))
          if (reason === 'next' && wrong(step) > 0) return
          setActive(requestedStepIndex)
        }}
        onCancel={() => {
          onLeft()
          go(policyId === undefined ? '/policies' : `/policies/${policyId}`)
        }}
        onSubmit={() => {
          setTried(new Set(STEPS))
          if (problems.length === 0) save.save(draft)
        }}
      />
    </VmNames>
  )
}
