import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { PolicyInput } from '#core/contracts/policies.ts'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { useMay } from '../../api/may.ts'
import { useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { policies as words } from '../../text/policies.ts'
import { DeleteModal } from './delete-modal.tsx'
import { downloadYaml } from './download-yaml.ts'
import { PauseModal } from './pause-modal.tsx'
import { inputOf } from './policy-input.ts'
import { isPaused } from './policy-state.tsx'

export interface PolicyActionsProps {
  view: PolicyView
  variant: 'inline-icon' | 'normal'
  /** When it is gone. */
  onDeleted?: () => void
}

/** All that can be done with one policy. */
export const PolicyActions = ({ view, variant, onDeleted }: PolicyActionsProps) => {
  const [, go] = useLocation()
  const may = useMay()
  const { tellProblem } = useNotices()
  const [open, setOpen] = useState<'pause' | 'remove'>()
  const run = useRun(view)
  const change = useChange(view)
  const { policy } = view
  const { policyId } = policy

  const deeds: Record<string, () => void> = {
    run: run.start,
    edit: () => go(`/policies/${policyId}/edit`),
    duplicate: () => go(`/policies/new?copy=${policyId}`),
    pause: () => setOpen('pause'),
    resume: () => change.save('resume', { pausedUntil: undefined }),
    enable: () => change.save('enable', { enabled: true }),
    disable: () => change.save('disable', { enabled: false }),
    exportYaml: () =>
      void downloadYaml(policy).catch(error => tellProblem(words.exportYaml, error)),
    remove: () => setOpen('remove'),
  }
  const item = (id: keyof typeof deeds & keyof typeof words, route: Parameters<typeof may>[0]) => ({
    id,
    text: words[id] as string,
    ...may(route),
  })
  const isInList = variant === 'inline-icon'
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        {!isInList && (
          <Button loading={run.busy} {...may('startRun')} onClick={run.start}>
            {words.run}
          </Button>
        )}
        <ButtonDropdown
          variant={variant}
          ariaLabel={words.actionsFor(policy.name)}
          loading={(isInList && run.busy) || change.busy}
          expandToViewport
          items={[
            ...(isInList ? [item('run', 'startRun'), item('edit', 'putPolicy')] : []),
            isPaused(view) ? item('resume', 'putPolicy') : item('pause', 'putPolicy'),
            policy.enabled ? item('disable', 'putPolicy') : item('enable', 'putPolicy'),
            item('duplicate', 'createPolicy'),
            item('exportYaml', 'getPolicy'),
            item('remove', 'deletePolicy'),
          ]}
          onItemClick={({ detail }) => deeds[detail.id]?.()}
        >
          {isInList ? undefined : words.actions}
        </ButtonDropdown>
      </SpaceBetween>
      {open === 'pause' && (
        <PauseModal
          name={policy.name}
          busy={change.busy}
          error={change.error}
          onPause={until =>
            change.save('pause', { pausedUntil: until }, () => setOpen(undefined), true)
          }
          onClose={() => {
            change.reset()
            setOpen(undefined)
          }}
        />
      )}
      {open === 'remove' && (
        <DeleteModal
          view={view}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            setOpen(undefined)
            onDeleted?.()
          }}
        />
      )}
    </>
  )
}

const useRun = ({ policy: { policyId, name } }: PolicyView) => {
  const [, go] = useLocation()
  const { tell, tellProblem } = useNotices()
  const { mutate, isPending: busy } = useDeed('startRun', {
    onDone: ({ runId }) =>
      tell({
        type: 'success',
        content: words.started(name),
        action: <Button onClick={() => go(`/runs/${runId}`)}>{words.seeRun}</Button>,
      }),
  })
  const start = () =>
    mutate(
      { body: { kind: 'policy', policyId } },
      { onError: error => tellProblem(words.notDone(words.run, name), error) },
    )
  return { start, busy }
}

type Deed = keyof typeof words.done

/** Saves a policy with one thing changed, from the version that the person sees. */
const useChange = ({ policy, version }: PolicyView) => {
  const { tell, tellProblem } = useNotices()
  const { mutate, isPending: busy, error, reset } = useDeed('putPolicy')
  const save = (
    deed: Deed,
    change: Partial<PolicyInput>,
    onDone: () => void = () => undefined,
    isAsked = false,
  ) =>
    mutate(
      {
        params: { policyId: policy.policyId },
        body: { version, policy: { ...inputOf(policy), ...change } },
      },
      {
        onSuccess: () => {
          tell({ type: 'success', content: words.done[deed](policy.name) })
          onDone()
        },
        // Where something was asked for, it is told there.
        onError: failed => {
          if (!isAsked) tellProblem(words.notDone(words[deed], policy.name), failed)
        },
      },
    )
  return { save, busy, error, reset }
}
