// First: what the console's own styles say goes before what the library's say.
import './ui/styles';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { returnToPlace } from './session/place';

returnToPlace();
document.getElementById('opening')?.remove();
createRoot(document.getElementById('root') as HTMLElement).render(<App />);
