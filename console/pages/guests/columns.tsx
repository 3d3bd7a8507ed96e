import Box from '@cloudscape-design/components/box'
import type { TableProps } from '@cloudscape-design/components/table'
import type { GuestView } from '#core/contracts/guests-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { RecipeLabel } from '../../components/recipe-label.tsx'
import { Sign } from '../../components/sign.tsx'
import { Ago } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { guests as words } from '../../text/guests.ts'
import { componentName } from './component.ts'

/** What is wrong with it, its recipes included. */
export const Health = ({ guest }: { guest: Pick<GuestView, 'problems' | 'recipes'> }) => {
  const ofRecipes = guest.recipes.flatMap(of =>
    of.problem === undefined ? [] : [words.recipeProblem(componentName(of), of.problem)],
  )
  const problems = [...guest.problems, ...ofRecipes]
  if (problems.length === 0) return <Sign type="success">{words.well}</Sign>
  return problems.map(problem => (
    <div key={problem}>
      <Sign type="error">{words.look}</Sign>
      <Box fontSize="body-s">
        <Words>{problem}</Words>
      </Box>
    </div>
  ))
}

export const InVm = ({ guest: { vm } }: { guest: Pick<GuestView, 'vm'> }) =>
  vm ? <PageLink to={`/vms/${vm.uuid}`}>{vm.name || vm.uuid}</PageLink> : words.vmNotTold

const newestOf = ({ recipes }: GuestView): number | undefined => {
  const taken = recipes.flatMap(({ lastPoint }) => lastPoint?.taken ?? [])
  return taken.length === 0 ? undefined : Math.max(...taken)
}

const LastPoint = ({ guest }: { guest: GuestView }) => {
  const newest = newestOf(guest)
  return newest === undefined ? words.noPoint : <Ago at={newest} />
}

const Recipes = ({ guest: { recipes } }: { guest: GuestView }) =>
  recipes.length === 0
    ? words.noRecipes
    : recipes.map(of => (
        <div key={of.componentUuid}>
          <Words>{componentName(of)}</Words>
          <Box fontSize="body-s">
            <RecipeLabel label={of.label} />
          </Box>
        </div>
      ))

export const COLUMNS: TableProps.ColumnDefinition<GuestView>[] = [
  {
    ...{ id: 'name', header: words.name, isRowHeader: true, minWidth: 130 },
    cell: ({ guestUuid, name }) => <PageLink to={`/guests/${guestUuid}`}>{name}</PageLink>,
  },
  {
    ...{ id: 'health', header: words.health, minWidth: 210 },
    cell: guest => <Health guest={guest} />,
  },
  {
    ...{ id: 'lastSeen', header: words.lastSeen, minWidth: 105 },
    cell: ({ lastSeen }) => (lastSeen === undefined ? words.neverSeen : <Ago at={lastSeen} />),
  },
  { ...{ id: 'vm', header: words.vm, minWidth: 120 }, cell: guest => <InVm guest={guest} /> },
  {
    ...{ id: 'system', header: words.system, minWidth: 120 },
    cell: ({ osName, version }) => (
      <>
        <Words>{osName}</Words>
        <Box color="text-body-secondary" fontSize="body-s">
          {words.agent(version)}
        </Box>
      </>
    ),
  },
  {
    ...{ id: 'recipes', header: words.recipes, minWidth: 170 },
    cell: guest => <Recipes guest={guest} />,
  },
  {
    ...{ id: 'lastPoint', header: words.lastPoint, minWidth: 120 },
    cell: guest => <LastPoint guest={guest} />,
  },
]
