import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { LabelOf } from '../../components/recipe-label-of.tsx'
import { Sign } from '../../components/sign.tsx'
import { Words } from '../../components/words.tsx'
import { siteRestore, sitePoint as words } from '../../text/sites.ts'
import { Sentences } from './sentences.tsx'

/** How many steps of a plan a page shows. */
export const STEPS_SHOWN = 500

/** The plan by which a site comes back from a point. */
export const Plan = ({ pointId }: { pointId: string }) => {
  const { data, error, refetch } = useCall(
    'getSitePlan',
    { params: { pointId }, query: { limit: STEPS_SHOWN } },
    { every: false },
  )
  return (
    <Container
      header={
        <Header variant="h2" description={words.planHint}>
          {words.plan}
        </Header>
      }
    >
      {error && (
        <ProblemAlert error={error} title={words.planFailed} onRetry={() => void refetch()} />
      )}
      {!data && !error && <Sign type="loading">{words.planLoading}</Sign>}
      {data && (
        <SpaceBetween size="m">
          <Sentences title={siteRestore.notes} texts={data.notes} />
          <ol>
            {data.steps.map(({ id, title, does, kind, phase, dangers, job }) => (
              <li key={id}>
                <strong>
                  <Words>{title}</Words>
                </strong>{' '}
                <Box variant="span" color="text-body-secondary">
                  ({siteRestore.phases[phase]}; {words[kind]})
                </Box>{' '}
                {job?.kind === 'restore-component' && <LabelOf {...job} />}
                <Sentences texts={does} />
                {dangers.map(danger => (
                  <Sign key={danger} type="warning">
                    {danger}
                  </Sign>
                ))}
              </li>
            ))}
          </ol>
          {data.stepCount > data.steps.length && siteRestore.more(data.steps.length)}
        </SpaceBetween>
      )}
    </Container>
  )
}
