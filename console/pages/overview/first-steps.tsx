import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { OverviewView } from '#core/contracts/overview-api.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { PageLink } from '../../components/page-link.tsx'
import { usePreferences } from '../../components/preferences.tsx'
import { firstSteps as words } from '../../text/first-steps.ts'

const STEPS = ['connect', 'protect', 'backUp', 'restore'] as const
type Step = (typeof STEPS)[number]

const PATHS: Record<Step, string> = {
  ...{ connect: '/gateways', protect: '/policies/new', backUp: '/policies', restore: '/restore' },
}

/** Leads from nothing to a restore; gone when all was done once, or nobody wants it. */
export const FirstSteps = ({ vms }: Pick<OverviewView, 'vms'>) => {
  const { preferences, prefer } = usePreferences()
  const isWanted = preferences.firstSteps === 'shown'
  const backUp = useWasDone('backup', isWanted)
  const restore = useWasDone('restore', isWanted)
  if (!isWanted || backUp === undefined || restore === undefined) return null
  const done = { connect: vms.known > 0, protect: vms.protected > 0, backUp, restore }
  if (STEPS.every(step => done[step])) return null
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={words.description}
          actions={
            <Button
              variant="icon"
              iconName="close"
              ariaLabel={words.hide}
              onClick={() => prefer({ firstSteps: 'hidden' })}
            />
          }
        >
          {words.title}
        </Header>
      }
    >
      <ol className="first-steps">
        {STEPS.map(step => (
          <li key={step}>
            <Box variant="h3" fontSize="heading-s" padding="n">
              {words.steps[step].title}
            </Box>
            <StatusIndicator type={done[step] ? 'success' : 'pending'}>
              {done[step] ? words.done : words.open}
            </StatusIndicator>
            <Box color="text-body-secondary">{words.steps[step].text}</Box>
            <PageLink to={PATHS[step]}>{words.steps[step].go}</PageLink>
          </li>
        ))}
      </ol>
    </Container>
  )
}

/** Whether a run of the kind ever went well; undefined while nobody knows. */
const useWasDone = (kind: 'backup' | 'restore', enabled: boolean): boolean | undefined => {
  const { data } = useCall(
    'listRuns',
    { query: { kind, state: 'succeeded', limit: 1 } },
    { every: LIVE.slow, enabled },
  )
  return data && (data.next !== undefined || data.items.length > 0)
}
