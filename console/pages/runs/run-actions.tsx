import Button from '@cloudscape-design/components/button'
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { JobView, RunView } from '#core/contracts/runs-api.ts'
import { useMay } from '../../api/may.ts'
import { isOpen } from '../../api/open-run.ts'
import { runPage as words } from '../../text/runs.ts'
import { ApproveModal, DeclineModal } from './approval-modals.tsx'
import { GiveUpModal, GoOnModal, leftOpen } from './component-modals.tsx'
import { CancelModal, RedriveModal, RetryModal } from './run-modals.tsx'
import { useMayApprove } from './use-may-approve.ts'

type Asked = 'cancel' | 'retry' | 'redrive' | 'approve' | 'decline' | 'goOn' | 'giveUp'

/** Kinds of which what failed is done again by a run of their own. */
const RETRIED: readonly RunView['kind'][] = ['backup', 'restore', 'boot-check']

const mayBeRetried = (run: RunView): boolean =>
  !isOpen(run) &&
  run.state !== 'succeeded' &&
  run.retriedBy === undefined &&
  RETRIED.includes(run.kind)

/** What can be done to a run as it stands; each asks first. */
export const RunActions = ({ run, jobs }: { run: RunView; jobs: readonly JobView[] }) => {
  const may = useMay()
  const mayApprove = useMayApprove()
  const [asked, ask] = useState<Asked>()
  const close = () => ask(undefined)
  const isOver = run.goneOnBy !== undefined || run.givenUpBy !== undefined
  const open = isOver ? undefined : leftOpen(jobs)
  const isOfComponent = jobs.some(({ spec }) => spec.kind === 'restore-component')
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        {run.state === 'waiting' && (
          <Button {...may('declineRun')} onClick={() => ask('decline')}>
            {words.decline.action}
          </Button>
        )}
        {run.state === 'waiting' && (
          <Button variant="primary" {...mayApprove(run)} onClick={() => ask('approve')}>
            {words.approve.action}
          </Button>
        )}
        {isOpen(run) && (
          <Button {...may('cancelRun')} onClick={() => ask('cancel')}>
            {words.cancel.action}
          </Button>
        )}
        {run.state === 'running' && (
          <ButtonDropdown
            items={[{ id: 'redrive', text: words.redrive.action, ...may('redriveRun') }]}
            onItemClick={() => ask('redrive')}
          >
            {words.actions}
          </ButtonDropdown>
        )}
        {open && (
          <Button {...may('startRun')} onClick={() => ask('giveUp')}>
            {words.giveUp.action}
          </Button>
        )}
        {open?.stopped.from && (
          <Button variant="primary" {...may('startRun')} onClick={() => ask('goOn')}>
            {words.goOn.action}
          </Button>
        )}
        {!isOfComponent && mayBeRetried(run) && (
          <Button {...may('retryRun')} onClick={() => ask('retry')}>
            {words.retry.action}
          </Button>
        )}
      </SpaceBetween>
      {asked === 'cancel' && <CancelModal run={run} onClose={close} />}
      {asked === 'retry' && <RetryModal run={run} onClose={close} />}
      {asked === 'redrive' && <RedriveModal run={run} onClose={close} />}
      {asked === 'goOn' && open && <GoOnModal {...open} onClose={close} />}
      {asked === 'giveUp' && open && <GiveUpModal {...open} onClose={close} />}
      {asked === 'approve' && <ApproveModal run={run} jobs={jobs} onClose={close} />}
      {asked === 'decline' && <DeclineModal run={run} onClose={close} />}
    </>
  )
}
