import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import '../shared/theme.css'
import { queryClient } from '../shared/queries.ts'
import { router } from './router.tsx'
import { OpenedLink } from './shell/OpenedLink.tsx'

createRoot(document.querySelector('#page') as HTMLElement).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <OpenedLink>
          <RouterProvider router={router} />
        </OpenedLink>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
)
