import 'graphiql/setup-workers/vite';
import { createRoot } from 'react-dom/client';
import { GraphiqlPage } from './graphiql-page';
// GraphiQL's own bundle of styles also carries two web fonts; these are its parts without them.
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import 'graphiql/graphiql.css';
import './graphiql.css';

createRoot(document.getElementById('root') as HTMLElement).render(<GraphiqlPage />);
