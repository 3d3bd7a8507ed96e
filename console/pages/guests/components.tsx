import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import Table from '@cloudscape-design/components/table'
import type { GuestDetail } from '#core/contracts/guests-api.ts'
import { RecipeLabel } from '../../components/recipe-label.tsx'
import { Sign } from '../../components/sign.tsx'
import { Ago } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { guests, guestPage as words } from '../../text/guests.ts'
import { type Component, componentName } from './component.ts'
import { ComponentActions, type ComponentDeed } from './component-actions.tsx'
import { Found } from './found.tsx'

/** What the settings of the guest allow, each with its label and its last point. */
export const Components = ({
  guest: { guestUuid, factsAt },
  components,
  ask,
}: {
  guest: GuestDetail
  components: readonly Component[]
  ask: (deed: ComponentDeed, component: Component) => void
}) => (
  <Table<Component>
    variant="container"
    wrapLines
    cellVerticalAlign="top"
    header={
      <Header variant="h2" counter={`(${components.length})`} description={words.componentsHint}>
        {words.components}
      </Header>
    }
    ariaLabels={{ tableLabel: words.components }}
    items={components}
    trackBy="componentUuid"
    empty={
      <>
        <Box variant="strong">{factsAt === undefined ? words.notTold : words.noComponents}</Box>
        <Box color="text-body-secondary">
          {factsAt === undefined ? words.notToldAdvice : words.noComponentsAdvice}
        </Box>
      </>
    }
    columnDefinitions={[
      {
        ...{ id: 'component', header: words.component, isRowHeader: true, minWidth: 150 },
        cell: of => (
          <>
            <Words>{componentName(of)}</Words>
            {of.told?.version !== undefined && (
              <Box color="text-body-secondary" fontSize="body-s">
                {words.version(of.told.version)}
              </Box>
            )}
          </>
        ),
      },
      {
        ...{ id: 'label', header: words.label, minWidth: 150 },
        cell: ({ label }) => <RecipeLabel label={label} />,
      },
      {
        ...{ id: 'allows', header: words.allows, minWidth: 130 },
        cell: ({ told }) => told?.phases.map(phase => words.phases[phase]).join(', '),
      },
      {
        ...{ id: 'found', header: words.found, minWidth: 200 },
        cell: ({ told, problem }) => (
          <>
            {problem !== undefined && <Sign type="error">{problem}</Sign>}
            {told && (problem === undefined || Object.keys(told.facts).length > 0) && (
              <Found told={told} />
            )}
          </>
        ),
      },
      {
        ...{ id: 'last', header: guests.lastPoint, minWidth: 120 },
        cell: ({ lastPoint }) => (lastPoint ? <Ago at={lastPoint.taken} /> : guests.noPoint),
      },
      {
        ...{ id: 'actions', header: words.actions },
        cell: component => (
          <ComponentActions guestUuid={guestUuid} component={component} ask={ask} />
        ),
      },
    ]}
  />
)
