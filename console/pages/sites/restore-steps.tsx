import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import type { SiteStepState, SiteStepView } from '#core/contracts/site-restores-api.ts'
import { useMay } from '../../api/may.ts'
import { PageLink } from '../../components/page-link.tsx'
import { LabelOf } from '../../components/recipe-label-of.tsx'
import { RunProgress } from '../../components/run/run-progress.tsx'
import { Sign } from '../../components/sign.tsx'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { sitePoint, siteRestore as words } from '../../text/sites.ts'
import { Sentences } from './sentences.tsx'
import { commandsOf, type StepCommand } from './step-commands.ts'
import { StepModal } from './step-modal.tsx'

const SIGNS: Record<SiteStepState, StatusIndicatorProps.Type> = {
  open: 'pending',
  waiting: 'pending',
  running: 'in-progress',
  'action-required': 'warning',
  done: 'success',
  failed: 'error',
  skipped: 'stopped',
}

/** The steps of a restore, in their order. */
export const RestoreSteps = ({
  restoreId,
  steps,
  open,
}: {
  restoreId: string
  steps: readonly SiteStepView[]
  /** Whether the restore goes on. */
  open: boolean
}) => {
  const [asked, ask] = useState<{ step: SiteStepView; command: StepCommand }>()
  return (
    <>
      <SpaceBetween size="m">
        {steps.map(step => (
          <Step
            key={step.id}
            step={step}
            ask={command => ask({ step, command })}
            commands={open ? commandsOf(step) : []}
          />
        ))}
      </SpaceBetween>
      {asked && <StepModal {...asked} restoreId={restoreId} onClose={() => ask(undefined)} />}
    </>
  )
}

const Step = ({
  step,
  commands,
  ask,
}: {
  step: SiteStepView
  commands: readonly StepCommand[]
  ask: (command: StepCommand) => void
}) => {
  const may = useMay()
  const { number, title, phase, kind, state, waitsFor, line, runId, job } = step
  return (
    <Container
      header={
        <Header
          variant="h3"
          description={`${words.phases[phase]}; ${sitePoint[kind]}`}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              {commands.map(command => (
                <Button
                  key={command}
                  variant={isNext(command, step) ? 'primary' : 'normal'}
                  ariaLabel={words.titles[command](title)}
                  {...may('stepSiteRestore')}
                  onClick={() => ask(command)}
                >
                  {words.commands[command]}
                </Button>
              ))}
            </SpaceBetween>
          }
        >
          {number}. {title}
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Sign type={SIGNS[state]}>{words.states[state]}</Sign>
        {job?.kind === 'restore-component' && <LabelOf {...job} />}
        {waitsFor && <Box>{words.waitsFor(waitsFor.map(words.step).join(', '))}.</Box>}
        {(state === 'running' || state === 'action-required') && runId !== undefined ? (
          <>
            <RunProgress runId={runId} />
            <PageLink to={`/runs/${runId}`}>{words.showRun}</PageLink>
          </>
        ) : (
          (line !== undefined || runId !== undefined) && (
            <Box>
              <Words>{line}</Words>{' '}
              {runId !== undefined && <PageLink to={`/runs/${runId}`}>{words.showRun}</PageLink>}
            </Box>
          )
        )}
        <ExpandableSection
          headerText={words.does}
          defaultExpanded={state !== 'done' && state !== 'skipped' && waitsFor === undefined}
        >
          <Sentences texts={step.does} />
          <Sentences title={words.dangers} texts={step.dangers} />
        </ExpandableSection>
        <Happened step={step} />
      </SpaceBetween>
    </Container>
  )
}

/** What brings the site back; all else is for when that cannot be. */
const isNext = (
  command: StepCommand,
  { kind, state }: Pick<SiteStepView, 'kind' | 'state'>,
): boolean =>
  command === (kind === 'automatic' && state !== 'action-required' ? 'start' : 'confirm')

const Happened = ({ step: { log } }: { step: SiteStepView }) =>
  log.length > 0 && (
    <ExpandableSection headerText={words.happened}>
      <ul>
        {log.map(({ at, by, text }) => (
          <li key={`${at} ${text}`}>
            <Time at={at} />, {by}: <Words>{text}</Words>
          </li>
        ))}
      </ul>
    </ExpandableSection>
  )
