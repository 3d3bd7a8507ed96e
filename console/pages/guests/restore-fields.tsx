import Checkbox from '@cloudscape-design/components/checkbox'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { RecipeView } from '#core/contracts/recipes-api.ts'
import { TokensField } from '../../components/tokens-field.tsx'
import { Words } from '../../components/words.tsx'
import { restoreComponent as words } from '../../text/guests.ts'
import { type RestoreDraft, rulesOf } from './restore-draft.ts'

interface FieldsProps {
  recipe: RecipeView
  draft: RestoreDraft
  change: (some: Partial<RestoreDraft>) => void
}

/** What will be done, in order, and by whom. */
export const Steps = ({ recipe: { restore } }: Pick<FieldsProps, 'recipe'>) => (
  <Container
    header={
      <Header variant="h2" description={words.stepsHint}>
        {words.steps}
      </Header>
    }
  >
    <ol>
      {restore.map(({ id, does, by }) => (
        <li key={id}>
          <Words>{by === 'person' ? words.byPerson(does) : does}</Words>
        </li>
      ))}
    </ol>
  </Container>
)

/** What a restore may say for the recipe; what only the guest's settings may give is not among it. */
export const ParameterFields = ({ recipe, draft: { parameters }, change }: FieldsProps) => {
  const open = recipe.parameters.filter(({ local }) => !local)
  if (open.length === 0) return null
  const set = (name: string, value: string | string[] | undefined) =>
    change({ parameters: { ...parameters, [name]: value } })
  return (
    <Container
      header={
        <Header variant="h2" description={words.parametersHint}>
          {words.parameters}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {open.map(({ name, description, kind }) => {
          const value = parameters[name]
          return kind === 'list' ? (
            <TokensField
              key={name}
              label={name}
              description={description}
              values={Array.isArray(value) ? value : undefined}
              onChange={values => set(name, values)}
            />
          ) : (
            <FormField key={name} label={name} description={description}>
              <Input
                value={typeof value === 'string' ? value : ''}
                onChange={({ detail }) => set(name, detail.value)}
              />
            </FormField>
          )
        })}
      </SpaceBetween>
    </Container>
  )
}

/** Rules that the steps ask for, each of which may be set aside with a reason. */
export const RuleFields = ({ recipe, draft: { aside }, change }: FieldsProps) => {
  const rules = rulesOf(recipe)
  if (rules.length === 0) return null
  const set = (rule: string, because: string | undefined) => {
    const { [rule]: _, ...others } = aside
    change({ aside: because === undefined ? others : { ...others, [rule]: because } })
  }
  return (
    <Container
      header={
        <Header variant="h2" description={words.rulesHint}>
          {words.rules}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {rules.map(rule => (
          <SpaceBetween key={rule} size="xs">
            <Checkbox
              checked={aside[rule] !== undefined}
              onChange={({ detail }) => set(rule, detail.checked ? '' : undefined)}
            >
              {words.setAside(rule)}
            </Checkbox>
            {aside[rule] !== undefined && (
              <FormField label={words.because(rule)}>
                <Input
                  value={aside[rule]}
                  ariaRequired
                  onChange={({ detail }) => set(rule, detail.value)}
                />
              </FormField>
            )}
          </SpaceBetween>
        ))}
      </SpaceBetween>
    </Container>
  )
}
