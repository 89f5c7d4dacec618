import { createRoot } from 'react-dom/client';
import { App } from './app';
import { returnToPlace } from './session/place';
import '@mantine/core/styles/baseline.css';
import '@mantine/core/styles/default-css-variables.css';
import '@mantine/core/styles/global.css';
import './look/components.css';
import './look/page.css';

returnToPlace();
createRoot(document.getElementById('root') as HTMLElement).render(<App />);
