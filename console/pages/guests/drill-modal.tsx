import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { GuestDetail } from '#core/contracts/guests-api.ts'
import { useRecipes } from '../../api/use-recipes.ts'
import { CloseModal } from '../../components/close-modal.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { RecipeLabel } from '../../components/recipe-label.tsx'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { drill as words } from '../../text/guests.ts'
import { listing } from '../../text/shell.ts'
import type { Component } from './component.ts'

/** The steps that prove a recipe on the real thing, to be read beside the machine. */
export const DrillModal = ({
  guest: { drills },
  component: { recipe: name, label },
  onClose,
}: {
  guest: Pick<GuestDetail, 'drills'>
  component: Component
  onClose: () => void
}) => {
  const { recipes, error, retry } = useRecipes()
  const recipe = recipes?.find(one => one.name === name)
  const last = drills.find(one => one.recipe === name)
  return (
    <CloseModal title={words.title(name)} size="large" onClose={onClose}>
      <SpaceBetween size="m">
        <div>
          <Box variant="awsui-key-label">{words.label}</Box>
          <RecipeLabel label={label} />
        </div>
        {last && (
          <div>
            <Box variant="awsui-key-label">{words.last}</Box>
            <Time at={last.at} /> <Words>{words.lastOf(last.version, last.by, last.note)}</Words>
          </div>
        )}
        {error !== null && <ProblemAlert error={error} onRetry={retry} />}
        {!recipes && error === null && (
          <StatusIndicator type="loading">{listing.loading}</StatusIndicator>
        )}
        {recipes && !recipe && words.own}
        {recipe && (
          <>
            <div>
              <Box variant="awsui-key-label">{words.needs}</Box>
              <ul>
                {recipe.privileges.map(text => (
                  <li key={text}>
                    <Words>{text}</Words>
                  </li>
                ))}
              </ul>
            </div>
            <div>
              <Box variant="awsui-key-label">{words.steps}</Box>
              <ol>
                {(recipe.drill ?? []).map(text => (
                  <li key={text}>
                    <Words>{text}</Words>
                  </li>
                ))}
              </ol>
            </div>
          </>
        )}
      </SpaceBetween>
    </CloseModal>
  )
}
