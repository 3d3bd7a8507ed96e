import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { SiteDefinition } from '#core/contracts/site.ts'
import type { PreviewSiteReply } from '#core/contracts/sites-api.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { LabelOf } from '../../components/recipe-label-of.tsx'
import { Sign } from '../../components/sign.tsx'
import { Words } from '../../components/words.tsx'
import { sitePage as words } from '../../text/sites.ts'
import { Picture } from './picture.tsx'

/** What a run of a site would do now, what it would leave out, and what is wrong. */
export const PlanNow = ({ site }: { site: SiteDefinition }) => {
  const { data, error, refetch } = useCall('previewSite', { body: { site } }, { every: LIVE.slow })
  return (
    <SpaceBetween size="l">
      {error && (
        <ProblemAlert
          error={error}
          title={data ? words.stale : words.planFailed}
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <Sign type="loading">{words.planning}</Sign>}
      {data && <Foretold plan={data} />}
    </SpaceBetween>
  )
}

const Foretold = ({ plan }: { plan: PreviewSiteReply }) => (
  <SpaceBetween size="l">
    <Problems problems={plan.problems} />
    <div>
      <Box variant="h3">{words.picture}</Box>
      <Box color="text-body-secondary">{words.pictureHint}</Box>
      <Picture graph={plan} />
    </div>
    <Tasks plan={plan} />
    <Skips skips={plan.skips} />
  </SpaceBetween>
)

const LEVELS = { error: 'error', warning: 'warning', note: 'info' } as const

const Problems = ({ problems }: Pick<PreviewSiteReply, 'problems'>) => (
  <div>
    <Box variant="h3">{words.problems}</Box>
    {problems.length === 0 && <Sign type="success">{words.noProblems}</Sign>}
    <SpaceBetween size="s">
      {problems.map(({ code, level, text, advice }) => (
        <div key={`${code} ${text}`}>
          <Sign type={LEVELS[level]}>
            {words.levels[level]}: {text}
          </Sign>
          <Box color="text-body-secondary">
            <Words>{advice}</Words>
          </Box>
        </div>
      ))}
    </SpaceBetween>
  </div>
)

const Tasks = ({ plan: { tasks, taskCount } }: { plan: PreviewSiteReply }) => (
  <ExpandableSection headerText={`${words.taskList} (${words.tasks(taskCount)})`}>
    {taskCount > tasks.length && <p>{words.moreTasks(tasks.length)}</p>}
    <ol>
      {tasks.map(task => (
        <li key={task.id}>
          <strong>
            <Words>{task.title}</Words>
          </strong>{' '}
          {task.kind === 'component' && <LabelOf {...task} />}
          <br />
          <Words>{task.does.join(' ')}</Words>
        </li>
      ))}
    </ol>
  </ExpandableSection>
)

const Skips = ({ skips }: Pick<PreviewSiteReply, 'skips'>) => (
  <div>
    <Box variant="h3">{words.skips}</Box>
    {skips.length === 0 && words.noSkips}
    <SpaceBetween size="s">
      {skips.map(({ code, what, reason, gap }) => (
        <div key={`${code} ${what} ${reason}`}>
          <Sign type={gap ? 'warning' : 'info'}>
            {gap ? words.gap : words.meant}: {what}: {reason}
          </Sign>
        </div>
      ))}
    </SpaceBetween>
  </div>
)
