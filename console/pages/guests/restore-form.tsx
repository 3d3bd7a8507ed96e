import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { GuestDetail } from '#core/contracts/guests-api.ts'
import type { RecipeView } from '#core/contracts/recipes-api.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { useMay } from '../../api/may.ts'
import { useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { isProven, RecipeLabel } from '../../components/recipe-label.tsx'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { restoreComponent as words } from '../../text/guests.ts'
import { shell } from '../../text/shell.ts'
import { type Component, componentName } from './component.ts'
import { EMPTY, type RestoreDraft, requestOf } from './restore-draft.ts'
import { ParameterFields, RuleFields, Steps } from './restore-fields.tsx'

/** What is to come back, where it goes, and how. */
export const RestoreForm = ({
  guest: { guestUuid, name },
  point,
  component,
  recipe,
}: {
  guest: GuestDetail
  point: ListedPoint
  /** Left out where the settings of the guest do not name it any more. */
  component: Component | undefined
  /** Left out of a recipe of the site's own. */
  recipe: RecipeView | undefined
}) => {
  const [, go] = useLocation()
  const may = useMay()
  const { tell } = useNotices()
  const [draft, setDraft] = useState<RestoreDraft>(EMPTY)
  const change = (some: Partial<RestoreDraft>) => setDraft({ ...draft, ...some })
  const start = useDeed('startRun', {
    onDone: ({ runId }) => {
      tell({ type: 'success', content: words.started })
      go(`/runs/${runId}`)
    },
  })
  const request = requestOf(point.pointId, draft)
  const isAllowed = component?.told?.phases.includes('restore') ?? false
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (request && !start.isPending) start.mutate({ body: request })
      }}
    >
      <Form
        header={<Header variant="h1">{words.title(titleOf(point, component))}</Header>}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" formAction="none" onClick={() => go(`/guests/${guestUuid}`)}>
              {shell.cancel}
            </Button>
            <Button
              variant="primary"
              loading={start.isPending}
              {...(!request && { disabled: true, disabledReason: words.missing })}
              {...may('startRun')}
            >
              {words.start}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          {start.error !== null && <ProblemAlert error={start.error} />}
          {!isAllowed && <Alert type="warning">{words.notAllowed}</Alert>}
          {component?.label !== undefined && !isProven(component.label) && (
            <Alert type="warning" header={words.untried}>
              {words.untriedAdvice}
            </Alert>
          )}
          <Container header={<Header variant="h2">{words.point}</Header>}>
            <KeyValuePairs
              columns={3}
              minColumnWidth={220}
              items={[
                { label: words.taken, value: <Time at={point.taken} /> },
                {
                  label: words.onGuest,
                  value: <PageLink to={`/guests/${guestUuid}`}>{name}</PageLink>,
                },
                { label: words.label, value: <RecipeLabel label={component?.label} /> },
                {
                  label: words.holds,
                  value: <Words>{(point.facts ?? []).join(' ')}</Words>,
                },
              ]}
            />
          </Container>
          <Container header={<Header variant="h2">{words.where}</Header>}>
            <FormField label={words.target} description={words.waits}>
              <RadioGroup
                value={draft.target}
                items={(['folder', 'original'] as const).map(value => ({
                  ...{ value, ...words.targets[value] },
                }))}
                onChange={({ detail }) =>
                  change({ target: detail.value === 'original' ? 'original' : 'folder' })
                }
              />
            </FormField>
          </Container>
          {draft.target === 'original' && <How recipe={recipe} draft={draft} change={change} />}
        </SpaceBetween>
      </Form>
    </form>
  )
}

const titleOf = ({ vmName }: ListedPoint, component: Component | undefined): string =>
  component ? componentName(component) : vmName

const How = ({
  recipe,
  ...said
}: {
  recipe: RecipeView | undefined
  draft: RestoreDraft
  change: (some: Partial<RestoreDraft>) => void
}) => {
  if (!recipe) return <Alert type="info">{words.notKnown}</Alert>
  if (recipe.restore.length === 0) return <Alert type="info">{words.restoresNothing}</Alert>
  return (
    <SpaceBetween size="l">
      <Steps recipe={recipe} />
      <ParameterFields recipe={recipe} {...said} />
      <RuleFields recipe={recipe} {...said} />
    </SpaceBetween>
  )
}
