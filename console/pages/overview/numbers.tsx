import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { OverviewView } from '#core/contracts/overview-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { StandingSign } from '../../components/standing-sign.tsx'
import { Time } from '../../components/time.tsx'
import { overview } from '../../text/overview.ts'

const number = (value: number): string => value.toLocaleString('en')

export const Vms = ({ vms }: Pick<OverviewView, 'vms'>) => (
  <Container
    header={
      <Header variant="h2" actions={<PageLink to="/vms">{overview.vms.all}</PageLink>}>
        {overview.vms.title}
      </Header>
    }
  >
    <KeyValuePairs
      columns={2}
      minColumnWidth={90}
      items={[
        { label: overview.vms.known, value: number(vms.known) },
        { label: overview.vms.protected, value: number(vms.protected) },
        {
          label: overview.vms.unprotected,
          value:
            vms.unprotected === 0 ? (
              number(0)
            ) : (
              <StandingSign standing="warning">{number(vms.unprotected)}</StandingSign>
            ),
        },
        { label: overview.vms.discarded, value: number(vms.discarded) },
        { label: overview.vms.standby, value: number(vms.standby) },
      ]}
    />
  </Container>
)

const OUTCOMES = ['succeeded', 'warning', 'failed', 'running', 'waiting', 'cancelled'] as const
const SIGNS = { succeeded: 'good', warning: 'warning', failed: 'bad' } as const

export const Runs = ({ runs }: Pick<OverviewView, 'runs'>) => (
  <Container
    header={
      <Header variant="h2" actions={<PageLink to="/runs">{overview.runs.all}</PageLink>}>
        {overview.runs.title}
      </Header>
    }
  >
    <KeyValuePairs
      columns={3}
      minColumnWidth={90}
      items={OUTCOMES.map(outcome => {
        const count = runs[outcome]
        const sign = outcome in SIGNS ? SIGNS[outcome as keyof typeof SIGNS] : undefined
        return {
          label: overview.runs[outcome],
          value:
            sign && count > 0 ? (
              <StandingSign standing={sign}>{number(count)}</StandingSign>
            ) : (
              number(count)
            ),
        }
      })}
    />
    {runs.more && <Box color="text-body-secondary">{overview.runs.more}</Box>}
  </Container>
)

export const Next = ({ next }: Pick<OverviewView, 'next'>) => (
  <Container
    header={
      <Header variant="h2" actions={<PageLink to="/policies">{overview.next.policies}</PageLink>}>
        {overview.next.title}
      </Header>
    }
  >
    {next.length === 0 ? (
      <>
        <Box variant="strong">{overview.next.none}</Box>
        <Box color="text-body-secondary">{overview.next.noneAdvice}</Box>
      </>
    ) : (
      <KeyValuePairs
        columns={1}
        items={next.slice(0, 5).map(({ policyName, at }) => ({
          label: <Time at={at} />,
          value: policyName,
        }))}
      />
    )}
  </Container>
)
