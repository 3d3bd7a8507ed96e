import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import LiveRegion from '@cloudscape-design/components/live-region'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { OpenProblem, OverviewView, Place } from '#core/contracts/overview-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { StandingSign } from '../../components/standing-sign.tsx'
import { Ago } from '../../components/time.tsx'
import { overview } from '../../text/overview.ts'

const words = overview.problems

export const Problems = ({
  problems,
  moreProblems,
}: Pick<OverviewView, 'problems' | 'moreProblems'>) => (
  <Container
    header={
      <Header variant="h2" counter={`(${(problems.length + moreProblems).toLocaleString('en')})`}>
        {words.title}
      </Header>
    }
  >
    <LiveRegion hidden>{words.count(problems.length + moreProblems)}</LiveRegion>
    {problems.length === 0 ? (
      <SpaceBetween size="xxs">
        <StandingSign standing="good">{words.none}</StandingSign>
        <Box color="text-body-secondary">{words.noneAdvice}</Box>
      </SpaceBetween>
    ) : (
      <ul className="problems" aria-label={words.title}>
        {problems.map(problem => (
          <li key={`${problem.kind} ${problem.go.id ?? ''} ${problem.text}`}>
            <Problem {...problem} />
          </li>
        ))}
      </ul>
    )}
    {moreProblems > 0 && <Box>{words.more(moreProblems)}</Box>}
  </Container>
)

const Problem = ({ standing, text, since, advice, go }: OpenProblem) => {
  const path = pathOf(go)
  const label = words.go[go.to]
  return (
    <>
      <StandingSign standing={standing}>{overview.standings[standing]}</StandingSign>
      <div>
        <Box>{text}</Box>
        <Box color="text-body-secondary">
          {since !== undefined && (
            <>
              {words.since} <Ago at={since} />.{' '}
            </>
          )}
          {advice} {path === undefined ? label : <PageLink to={path}>{label}</PageLink>}
        </Box>
      </div>
    </>
  )
}

const pathOf = ({ to, id = '' }: Place): string | undefined => {
  switch (to) {
    case 'run':
      return `/runs/${id}`
    case 'policy':
      return `/policies/${id}`
    case 'replica':
      return `/replication/${id}`
    case 'unprotected-vms':
      return '/vms?show=unprotected'
    case 'unusual-vms':
      return '/vms?show=unusual'
    case 'region':
      return undefined
    default:
      return `/${to}`
  }
}
