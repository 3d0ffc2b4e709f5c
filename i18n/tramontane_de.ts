<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>Tramontane %1</source>
        <translation>Tramontane %1</translation>
    </message>
    <message>
        <source>Chat with a language model on your own computer. Named after the cold, clear north wind.</source>
        <translation>Mit einem Sprachmodell auf dem eigenen Rechner chatten. Benannt nach dem kalten, klaren Nordwind.</translation>
    </message>
    <message>
        <source>Nothing is sent anywhere: no account, no telemetry, no network use at all.</source>
        <translation>Nichts wird irgendwohin gesendet: kein Konto, keine Telemetrie, keinerlei Netzwerkzugriff.</translation>
    </message>
    <message>
        <source>Open source under the Apache License 2.0. Built with Qt, SQLite, sentencepiece, md4c and JSON for Modern C++; set in Inter and Hack.</source>
        <translation>Freie Software unter der Apache-Lizenz 2.0. Gebaut mit Qt, SQLite, sentencepiece, md4c und JSON for Modern C++; gesetzt in Inter und Hack.</translation>
    </message>
    <message>
        <source>Model: %1, fingerprint %2</source>
        <translation>Modell: %1, Fingerabdruck %2</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>AnswerActions</name>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>Copy the answer</source>
        <translation>Antwort kopieren</translation>
    </message>
    <message>
        <source>Another answer</source>
        <translation>Andere Antwort</translation>
    </message>
    <message>
        <source>Continue: the answer reached its longest length</source>
        <translation>Fortsetzen: Die Antwort hat ihre größte Länge erreicht</translation>
    </message>
    <message numerus="yes">
        <source>%n token(s)</source>
        <translation>
            <numerusform>%n Token</numerusform>
            <numerusform>%n Token</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 Token/s</translation>
    </message>
    <message>
        <source>More for this answer</source>
        <translation>Mehr zu dieser Antwort</translation>
    </message>
    <message>
        <source>Edit the answer</source>
        <translation>Antwort bearbeiten</translation>
    </message>
    <message>
        <source>How this was made…</source>
        <translation>Wie sie entstanden ist …</translation>
    </message>
    <message>
        <source>Delete the answer</source>
        <translation>Antwort löschen</translation>
    </message>
</context>
<context>
    <name>AnswerBlock</name>
    <message>
        <source>Separator</source>
        <translation>Trennlinie</translation>
    </message>
</context>
<context>
    <name>AnswerDetails</name>
    <message>
        <source>How this answer was made</source>
        <translation>Wie diese Antwort entstanden ist</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Fingerprint</source>
        <translation>Fingerabdruck</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Ended by</source>
        <translation>Beendet durch</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>Eingabe</translation>
    </message>
    <message numerus="yes">
        <source>%n token(s)</source>
        <translation>
            <numerusform>%n Token</numerusform>
            <numerusform>%n Token</numerusform>
        </translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>Time to first token</source>
        <translation>Zeit bis zum ersten Token</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Geschwindigkeit</translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 Token/s</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>the model</source>
        <translation>das Modell</translation>
    </message>
    <message>
        <source>the longest length</source>
        <translation>die größte Länge</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>an error</source>
        <translation>einen Fehler</translation>
    </message>
    <message>
        <source>Another model is loaded now; the same answer needs the one above.</source>
        <translation>Jetzt ist ein anderes Modell geladen; für dieselbe Antwort braucht es das oben genannte.</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Run again exactly</source>
        <translation>Genau so wiederholen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
</context>
<context>
    <name>AnswerMessage</name>
    <message>
        <source>Answer</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>being written</source>
        <translation>wird gerade geschrieben</translation>
    </message>
    <message>
        <source>Edit the answer</source>
        <translation>Antwort bearbeiten</translation>
    </message>
    <message>
        <source>Keep this answer</source>
        <translation>Diese Antwort behalten</translation>
    </message>
</context>
<context>
    <name>AnswerState</name>
    <message>
        <source>The answer could not be finished.</source>
        <translation>Die Antwort konnte nicht beendet werden.</translation>
    </message>
    <message>
        <source>Stopped. The text so far is kept.</source>
        <translation>Angehalten. Der bisherige Text bleibt erhalten.</translation>
    </message>
    <message>
        <source>Interrupted. The text so far is kept.</source>
        <translation>Unterbrochen. Der bisherige Text bleibt erhalten.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
</context>
<context>
    <name>BackupsPage</name>
    <message>
        <source>A backup every day</source>
        <translation>Jeden Tag eine Sicherung</translation>
    </message>
    <message>
        <source>Once a day a copy of all conversations is made in the folder of your conversations. The last seven are kept.</source>
        <translation>Einmal am Tag wird im Ordner der Unterhaltungen eine Kopie von allen angelegt. Die letzten sieben werden aufbewahrt.</translation>
    </message>
    <message>
        <source>Back up now</source>
        <translation>Jetzt sichern</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>Sicherungen</translation>
    </message>
    <message>
        <source>There is none yet.</source>
        <translation>Noch gibt es keine.</translation>
    </message>
    <message>
        <source>Putting one back replaces the conversations that are there now; these are kept as a backup first.</source>
        <translation>Das Einspielen ersetzt die jetzigen Unterhaltungen; sie werden vorher selbst gesichert.</translation>
    </message>
    <message>
        <source>Put back…</source>
        <translation>Einspielen …</translation>
    </message>
    <message>
        <source>Leave it as it is</source>
        <translation>So lassen</translation>
    </message>
    <message>
        <source>Put this backup back</source>
        <translation>Diese Sicherung einspielen</translation>
    </message>
</context>
<context>
    <name>BannerBar</name>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
</context>
<context>
    <name>CodeBlock</name>
    <message>
        <source>Code</source>
        <translation>Code</translation>
    </message>
    <message>
        <source>Code in %1</source>
        <translation>Code in %1</translation>
    </message>
    <message>
        <source>Code copied</source>
        <translation>Code kopiert</translation>
    </message>
    <message>
        <source>Copy code</source>
        <translation>Code kopieren</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
</context>
<context>
    <name>CommandPalette</name>
    <message>
        <source>Search the conversations for “%1”</source>
        <translation>Unterhaltungen nach „%1“ durchsuchen</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
    <message>
        <source>Type a command</source>
        <translation>Befehl eingeben</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Ask anything</source>
        <translation>Frage stellen</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Enter sends, Shift+Enter starts a new line</source>
        <translation>Eingabe sendet, Umschalt+Eingabe beginnt eine neue Zeile</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Eingabe</translation>
    </message>
</context>
<context>
    <name>ConversationRow</name>
    <message>
        <source>New conversation</source>
        <translation>Neue Unterhaltung</translation>
    </message>
    <message>
        <source>being answered</source>
        <translation>wird beantwortet</translation>
    </message>
    <message>
        <source>Title of the conversation</source>
        <translation>Titel der Unterhaltung</translation>
    </message>
    <message>
        <source>Menu of %1</source>
        <translation>Menü von %1</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Del</source>
        <translation>Entf</translation>
    </message>
    <message>
        <source>pinned</source>
        <translation>angeheftet</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>Nicht mehr anheften</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>Anheften</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>Duplizieren</translation>
    </message>
    <message>
        <source>%1 (copy)</source>
        <translation>%1 (Kopie)</translation>
    </message>
    <message>
        <source>Take out of the archive</source>
        <translation>Aus dem Archiv holen</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>Archivieren</translation>
    </message>
    <message>
        <source>Put back</source>
        <translation>Zurücklegen</translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation>Endgültig löschen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
</context>
<context>
    <name>DataPage</name>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>All conversations with all their variants in one JSON file, the archive included. Tramontane can import it again, here or on another computer. A single conversation is exported from its menu in the sidebar.</source>
        <translation>Alle Unterhaltungen mit allen Varianten in einer JSON-Datei, das Archiv eingeschlossen. Tramontane kann sie wieder importieren, hier oder auf einem anderen Rechner. Eine einzelne Unterhaltung wird über ihr Menü in der Seitenleiste exportiert.</translation>
    </message>
    <message>
        <source>Export all conversations…</source>
        <translation>Alle Unterhaltungen exportieren…</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>Importieren</translation>
    </message>
    <message>
        <source>From a JSON file of Tramontane, of ChatGPT (conversations.json of its export) or of Open WebUI. What is imported is added; nothing that is there is changed.</source>
        <translation>Aus einer JSON-Datei von Tramontane, von ChatGPT (conversations.json aus dessen Export) oder von Open WebUI. Was importiert wird, kommt hinzu; nichts Vorhandenes wird geändert.</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>Importieren…</translation>
    </message>
    <message>
        <source>One moment…</source>
        <translation>Einen Moment…</translation>
    </message>
    <message>
        <source>Export all conversations</source>
        <translation>Alle Unterhaltungen exportieren</translation>
    </message>
    <message>
        <source>JSON (*.json)</source>
        <translation>JSON (*.json)</translation>
    </message>
    <message>
        <source>Import conversations</source>
        <translation>Unterhaltungen importieren</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
</context>
<context>
    <name>EmptyConversation</name>
    <message>
        <source>Explain how tides work, in a few sentences.</source>
        <translation>Erkläre in wenigen Sätzen, wie Gezeiten entstehen.</translation>
    </message>
    <message>
        <source>Write a polite reply that declines a meeting.</source>
        <translation>Schreibe eine höfliche Absage zu einer Besprechung.</translation>
    </message>
    <message>
        <source>Compare three ways to store passwords in a table.</source>
        <translation>Vergleiche in einer Tabelle drei Arten, Passwörter zu speichern.</translation>
    </message>
    <message>
        <source>Write a Python function that finds the median.</source>
        <translation>Schreibe eine Python-Funktion, die den Median findet.</translation>
    </message>
    <message>
        <source>What is on your mind?</source>
        <translation>Worum geht es heute?</translation>
    </message>
    <message>
        <source>%1 answers, on this computer alone.</source>
        <translation>%1 antwortet, allein auf diesem Rechner.</translation>
    </message>
    <message>
        <source>The built-in guide answers. It is small, knows Tramontane best, and speaks English.</source>
        <translation>Der eingebaute Wegweiser antwortet. Er ist klein, kennt vor allem Tramontane und spricht Englisch.</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Markdown (*.md)</source>
        <translation>Markdown (*.md)</translation>
    </message>
    <message>
        <source>The messages on show as text, with a heading for each speaker.</source>
        <translation>Die angezeigten Nachrichten als Text, mit einer Überschrift für jeden, der spricht.</translation>
    </message>
    <message>
        <source>Web page (*.html)</source>
        <translation>Webseite (*.html)</translation>
    </message>
    <message>
        <source>The messages on show as a page for any browser, without scripts.</source>
        <translation>Die angezeigten Nachrichten als Seite für jeden Browser, ohne Skripte.</translation>
    </message>
    <message>
        <source>PDF (*.pdf)</source>
        <translation>PDF (*.pdf)</translation>
    </message>
    <message>
        <source>The messages on show on A4 pages.</source>
        <translation>Die angezeigten Nachrichten auf A4-Seiten.</translation>
    </message>
    <message>
        <source>JSON (*.json)</source>
        <translation>JSON (*.json)</translation>
    </message>
    <message>
        <source>Everything, all variants and how each answer was made. Tramontane can import it again.</source>
        <translation>Alles, mit allen Varianten und wie jede Antwort entstand. Tramontane kann es wieder importieren.</translation>
    </message>
    <message>
        <source>Export the conversation</source>
        <translation>Unterhaltung exportieren</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Neue Unterhaltung</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>Speichern unter…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>FirstRun</name>
    <message>
        <source>Welcome to Tramontane</source>
        <translation>Willkommen bei Tramontane</translation>
    </message>
    <message>
        <source>A language model that runs on your own computer, and a quiet window to talk with it.</source>
        <translation>Ein Sprachmodell, das auf dem eigenen Rechner läuft, und ein ruhiges Fenster, um mit ihm zu sprechen.</translation>
    </message>
    <message>
        <source>A guide is built in</source>
        <translation>Ein Wegweiser ist eingebaut</translation>
    </message>
    <message>
        <source>Open a real model when you want one</source>
        <translation>Ein richtiges Modell öffnen, wann es gewünscht ist</translation>
    </message>
    <message>
        <source>Get the folder of Mistral-7B-Instruct-v0.3-GPTQ-4bit (about 4.2 GB, published by neuralmagic) on any computer, then choose it with Open model. It needs about 5 GB of memory.</source>
        <translation>Den Ordner von Mistral-7B-Instruct-v0.3-GPTQ-4bit (rund 4,2 GB, veröffentlicht von neuralmagic) auf einem beliebigen Rechner besorgen und mit „Modell öffnen“ wählen. Es braucht rund 5 GB Arbeitsspeicher.</translation>
    </message>
    <message>
        <source>Nothing leaves this computer</source>
        <translation>Nichts verlässt diesen Rechner</translation>
    </message>
    <message>
        <source>No account, no network. Conversations are saved as they are written, in one file of yours.</source>
        <translation>Kein Konto, kein Netz. Unterhaltungen werden beim Schreiben gespeichert, in einer eigenen Datei.</translation>
    </message>
    <message>
        <source>Start with the built-in guide</source>
        <translation>Mit dem eingebauten Wegweiser beginnen</translation>
    </message>
    <message>
        <source>Open a model…</source>
        <translation>Ein Modell öffnen…</translation>
    </message>
    <message>
        <source>It answers at once, in English. It is a very small model: good at explaining Tramontane, small talk and sums, and often wrong about everything else.</source>
        <translation>Er antwortet sofort, auf Englisch. Er ist ein sehr kleines Modell: gut darin, Tramontane zu erklären, zu plaudern und zu rechnen, und bei allem anderen oft im Irrtum.</translation>
    </message>
</context>
<context>
    <name>GeneralPage</name>
    <message>
        <source>Theme</source>
        <translation>Erscheinungsbild</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Of the window. The model answers in the language it is asked in, as far as it can.</source>
        <translation>Die des Fensters. Das Modell antwortet in der Sprache der Frage, so gut es kann.</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>Textgröße</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Reset the text size</source>
        <translation>Textgröße zurücksetzen</translation>
    </message>
</context>
<context>
    <name>HeaderBar</name>
    <message>
        <source>Hide the sidebar</source>
        <translation>Seitenleiste ausblenden</translation>
    </message>
    <message>
        <source>Show the sidebar</source>
        <translation>Seitenleiste einblenden</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Neue Unterhaltung</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>Menü</translation>
    </message>
    <message>
        <source>Open model…</source>
        <translation>Modell öffnen…</translation>
    </message>
    <message>
        <source>Use the built-in model</source>
        <translation>Das eingebaute Modell verwenden</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>About Tramontane</source>
        <translation>Über Tramontane</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
</context>
<context>
    <name>ImageBlock</name>
    <message>
        <source>Image, not loaded: %1</source>
        <translation>Bild, nicht geladen: %1</translation>
    </message>
    <message>
        <source>Image (not loaded)</source>
        <translation>Bild (nicht geladen)</translation>
    </message>
    <message>
        <source>%1 (image, not loaded)</source>
        <translation>%1 (Bild, nicht geladen)</translation>
    </message>
</context>
<context>
    <name>JumpToEnd</name>
    <message>
        <source>Jump to the end</source>
        <translation>Zum Ende springen</translation>
    </message>
</context>
<context>
    <name>LinkPopup</name>
    <message>
        <source>Write to this address?</source>
        <translation>An diese Adresse schreiben?</translation>
    </message>
    <message>
        <source>Open this link in the browser?</source>
        <translation>Diesen Link im Browser öffnen?</translation>
    </message>
    <message>
        <source>Open in the mail program</source>
        <translation>Im Mailprogramm öffnen</translation>
    </message>
    <message>
        <source>Open in the browser</source>
        <translation>Im Browser öffnen</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>Adresse kopieren</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>LoadingBar</name>
    <message>
        <source>Opening %1</source>
        <translation>%1 wird geöffnet</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Opening the model</source>
        <translation>Das Modell wird geöffnet</translation>
    </message>
</context>
<context>
    <name>Main</name>
    <message>
        <source>Choose the folder of a model</source>
        <translation>Ordner eines Modells wählen</translation>
    </message>
    <message>
        <source>Conversation deleted</source>
        <translation>Unterhaltung gelöscht</translation>
    </message>
    <message>
        <source>“%1” deleted</source>
        <translation>„%1“ gelöscht</translation>
    </message>
    <message>
        <source>Message deleted</source>
        <translation>Nachricht gelöscht</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Neue Unterhaltung</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>Unterhaltungen durchsuchen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Another answer to the last question</source>
        <translation>Andere Antwort auf die letzte Frage</translation>
    </message>
    <message>
        <source>Copy the last answer</source>
        <translation>Letzte Antwort kopieren</translation>
    </message>
    <message>
        <source>Rename the conversation</source>
        <translation>Unterhaltung umbenennen</translation>
    </message>
    <message>
        <source>Export the conversation</source>
        <translation>Unterhaltung exportieren</translation>
    </message>
    <message>
        <source>Next conversation</source>
        <translation>Nächste Unterhaltung</translation>
    </message>
    <message>
        <source>Previous conversation</source>
        <translation>Vorige Unterhaltung</translation>
    </message>
    <message>
        <source>Show or hide the sidebar</source>
        <translation>Seitenleiste ein- oder ausblenden</translation>
    </message>
    <message>
        <source>Open a model</source>
        <translation>Ein Modell öffnen</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Preferences: %1</source>
        <translation>Einstellungen: %1</translation>
    </message>
    <message>
        <source>Theme: %1</source>
        <translation>Erscheinungsbild: %1</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>About Tramontane</source>
        <translation>Über Tramontane</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
</context>
<context>
    <name>MessageEditor</name>
    <message>
        <source>Edit the question</source>
        <translation>Frage bearbeiten</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Ask again</source>
        <translation>Neu fragen</translation>
    </message>
</context>
<context>
    <name>MessageList</name>
    <message>
        <source>Conversation</source>
        <translation>Unterhaltung</translation>
    </message>
</context>
<context>
    <name>ModelPage</name>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>No model is open.</source>
        <translation>Kein Modell ist geöffnet.</translation>
    </message>
    <message>
        <source>The built-in guide: a very small model that comes with Tramontane.</source>
        <translation>Der eingebaute Wegweiser: ein sehr kleines Modell, das mit Tramontane kommt.</translation>
    </message>
    <message>
        <source>Open model…</source>
        <translation>Modell öffnen…</translation>
    </message>
    <message>
        <source>Use the built-in model</source>
        <translation>Das eingebaute Modell verwenden</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Automatic takes the graphics card where it can be used, else the processor.</source>
        <translation>Automatisch nimmt die Grafikkarte, wo sie genutzt werden kann, sonst den Prozessor.</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>GPU</translation>
    </message>
    <message>
        <source>GPU layers</source>
        <translation>GPU-Schichten</translation>
    </message>
    <message>
        <source>How many of the model&apos;s layers the graphics card computes; the processor computes the others. Automatic takes as many as fit into its memory.</source>
        <translation>Wie viele Schichten des Modells die Grafikkarte rechnet; die anderen rechnet der Prozessor. Automatisch nimmt so viele, wie in ihren Speicher passen.</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>Anzahl</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>How many processor cores the model may use. Automatic suits most computers.</source>
        <translation>Wie viele Prozessorkerne das Modell nutzen darf. Automatisch passt für die meisten Rechner.</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>Kontextlänge</translation>
    </message>
    <message>
        <source>How many tokens the model can look at, at once. More context needs more memory; 0 is automatic.</source>
        <translation>Wie viele Token das Modell auf einmal überblickt. Mehr Kontext braucht mehr Speicher; 0 ist automatisch.</translation>
    </message>
</context>
<context>
    <name>NumberField</name>
    <message>
        <source>A number from %1 to %2</source>
        <translation>Eine Zahl von %1 bis %2</translation>
    </message>
</context>
<context>
    <name>PlaceHeading</name>
    <message>
        <source>Trash</source>
        <translation>Papierkorb</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>Archiv</translation>
    </message>
    <message>
        <source>Back to the conversations</source>
        <translation>Zurück zu den Unterhaltungen</translation>
    </message>
    <message>
        <source>Delete for good what is in the trash? This cannot be undone.</source>
        <translation>Endgültig löschen, was im Papierkorb liegt? Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>Kept for 30 days, then deleted for good.</source>
        <translation>Wird 30 Tage aufbewahrt und dann endgültig gelöscht.</translation>
    </message>
    <message>
        <source>Empty the trash…</source>
        <translation>Papierkorb leeren …</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
</context>
<context>
    <name>PlaceLink</name>
    <message numerus="yes">
        <source>%n conversation(s)</source>
        <translation>
            <numerusform>%n Unterhaltung</numerusform>
            <numerusform>%n Unterhaltungen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PreferencesDialog</name>
    <message>
        <source>General</source>
        <translation>Allgemein</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>Sampling</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Systemprompt</translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation>Privatsphäre</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Close the preferences</source>
        <translation>Einstellungen schließen</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>Sicherungen</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
</context>
<context>
    <name>PresetBar</name>
    <message>
        <source>Preset %1</source>
        <translation>Voreinstellung %1</translation>
    </message>
    <message>
        <source>Del deletes it</source>
        <translation>Entf löscht sie</translation>
    </message>
    <message>
        <source>Delete the preset %1</source>
        <translation>Voreinstellung %1 löschen</translation>
    </message>
    <message>
        <source>Save as preset…</source>
        <translation>Als Voreinstellung speichern…</translation>
    </message>
    <message>
        <source>Name of the preset</source>
        <translation>Name der Voreinstellung</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>This name belongs to a preset that comes with Tramontane. Choose another.</source>
        <translation>Diesen Namen trägt eine Voreinstellung, die mit Tramontane kommt. Bitte einen anderen wählen.</translation>
    </message>
</context>
<context>
    <name>PrivacyPage</name>
    <message>
        <source>Nothing leaves this computer</source>
        <translation>Nichts verlässt diesen Rechner</translation>
    </message>
    <message>
        <source>Tramontane uses no network: no account, no telemetry, no updates in the background. Images in answers are never loaded; links open only after you have seen their address.</source>
        <translation>Tramontane nutzt kein Netz: kein Konto, keine Telemetrie, keine Aktualisierungen im Hintergrund. Bilder in Antworten werden nie geladen; Links öffnen sich erst, nachdem ihre Adresse gezeigt wurde.</translation>
    </message>
    <message>
        <source>Where your conversations are</source>
        <translation>Wo die Unterhaltungen liegen</translation>
    </message>
    <message>
        <source>Copy the path</source>
        <translation>Pfad kopieren</translation>
    </message>
    <message>
        <source>Where packed models are</source>
        <translation>Wo vorbereitete Modelle liegen</translation>
    </message>
    <message>
        <source>The last models that the processor ran, packed so that they are ready at once the next time. They hold nothing that you wrote; delete them whenever you like.</source>
        <translation>Die letzten Modelle, die auf dem Prozessor liefen, so vorbereitet, dass sie beim nächsten Mal sofort bereit sind. Sie enthalten nichts, was Sie geschrieben haben; löschen Sie sie, wann Sie wollen.</translation>
    </message>
    <message>
        <source>Delete everything</source>
        <translation>Alles löschen</translation>
    </message>
    <message>
        <source>Delete all conversations…</source>
        <translation>Alle Unterhaltungen löschen…</translation>
    </message>
    <message>
        <source>Delete all conversations? This cannot be undone.</source>
        <translation>Alle Unterhaltungen löschen? Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>Keep them</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Delete all</source>
        <translation>Alle löschen</translation>
    </message>
    <message>
        <source>In one SQLite file in this folder, with a copy of each of the last seven days beside it.</source>
        <translation>In einer SQLite-Datei in diesem Ordner, daneben je eine Kopie der letzten sieben Tage.</translation>
    </message>
    <message>
        <source>Every conversation is removed from the file for good, and every backup with it. Settings and presets stay.</source>
        <translation>Jede Unterhaltung wird endgültig aus der Datei entfernt und jede Sicherung mit ihr. Einstellungen und Vorgaben bleiben.</translation>
    </message>
</context>
<context>
    <name>PromptProgress</name>
    <message>
        <source>Waiting for the model</source>
        <translation>Warten auf das Modell</translation>
    </message>
    <message>
        <source>Reading the conversation</source>
        <translation>Die Unterhaltung wird gelesen</translation>
    </message>
    <message>
        <source>Thinking</source>
        <translation>Nachdenken</translation>
    </message>
</context>
<context>
    <name>SamplingPage</name>
    <message>
        <source>Presets</source>
        <translation>Voreinstellungen</translation>
    </message>
    <message>
        <source>Precise keeps to the likeliest words, Creative wanders. Changes hold from the next answer on.</source>
        <translation>Präzise bleibt bei den wahrscheinlichsten Wörtern, Kreativ schweift ab. Änderungen gelten ab der nächsten Antwort.</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>The same seed with the same settings gives the same answer. Empty: a new one each time.</source>
        <translation>Derselbe Seed mit denselben Einstellungen ergibt dieselbe Antwort. Leer: jedes Mal ein neuer.</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Zufällig</translation>
    </message>
    <message>
        <source>A seed is a whole number from 0 on. Until then it is random.</source>
        <translation>Ein Seed ist eine ganze Zahl ab 0. Bis dahin ist er zufällig.</translation>
    </message>
    <message>
        <source>Stop strings</source>
        <translation>Stoppzeichenfolgen</translation>
    </message>
    <message>
        <source>The answer ends where one of these would appear. One a line.</source>
        <translation>Die Antwort endet, wo eine davon erscheinen würde. Eine je Zeile.</translation>
    </message>
    <message>
        <source>Reset all sampling settings</source>
        <translation>Alle Sampling-Werte zurücksetzen</translation>
    </message>
</context>
<context>
    <name>SamplingRow</name>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>Reset %1</source>
        <translation>%1 zurücksetzen</translation>
    </message>
</context>
<context>
    <name>ShortcutsSheet</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Eingabe</translation>
    </message>
    <message>
        <source>Send the message</source>
        <translation>Nachricht senden</translation>
    </message>
    <message>
        <source>Shift+Enter</source>
        <translation>Umschalt+Eingabe</translation>
    </message>
    <message>
        <source>Start a new line</source>
        <translation>Neue Zeile beginnen</translation>
    </message>
    <message>
        <source>Stop the answer, close a panel</source>
        <translation>Antwort anhalten, Feld schließen</translation>
    </message>
    <message>
        <source>Another answer to the last question</source>
        <translation>Andere Antwort auf die letzte Frage</translation>
    </message>
    <message>
        <source>Copy the last answer</source>
        <translation>Letzte Antwort kopieren</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Neue Unterhaltung</translation>
    </message>
    <message>
        <source>Next conversation</source>
        <translation>Nächste Unterhaltung</translation>
    </message>
    <message>
        <source>Previous conversation</source>
        <translation>Vorige Unterhaltung</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>Unterhaltungen durchsuchen</translation>
    </message>
    <message>
        <source>Rename the conversation</source>
        <translation>Unterhaltung umbenennen</translation>
    </message>
    <message>
        <source>Del</source>
        <translation>Entf</translation>
    </message>
    <message>
        <source>Delete the conversation, in the list</source>
        <translation>Unterhaltung löschen, in der Liste</translation>
    </message>
    <message>
        <source>Undo the deletion</source>
        <translation>Löschen rückgängig machen</translation>
    </message>
    <message>
        <source>Show or hide the sidebar</source>
        <translation>Seitenleiste ein- oder ausblenden</translation>
    </message>
    <message>
        <source>Open a model</source>
        <translation>Ein Modell öffnen</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>This list</source>
        <translation>Diese Liste</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>All commands</source>
        <translation>Alle Befehle</translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Conversations</source>
        <translation>Unterhaltungen</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>Unterhaltungen durchsuchen</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>Suche leeren</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Neue Unterhaltung</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>Gestern</translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation>Letzte 7 Tage</translation>
    </message>
    <message>
        <source>Older</source>
        <translation>Älter</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Nichts gefunden</translation>
    </message>
    <message>
        <source>Conversations appear here as you write them.</source>
        <translation>Unterhaltungen erscheinen hier, sobald sie geschrieben werden.</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>Angeheftet</translation>
    </message>
    <message>
        <source>The trash is empty.</source>
        <translation>Der Papierkorb ist leer.</translation>
    </message>
    <message>
        <source>Nothing is archived.</source>
        <translation>Nichts ist archiviert.</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>Archiv</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>Papierkorb</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>Kein Modell</translation>
    </message>
    <message>
        <source>Opening the model</source>
        <translation>Das Modell wird geöffnet</translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 Token/s</translation>
    </message>
    <message>
        <source>Context used</source>
        <translation>Kontext belegt</translation>
    </message>
    <message>
        <source>%1 of %2 tokens</source>
        <translation>%1 von %2 Token</translation>
    </message>
    <message>
        <source>Context: %1 of %2 tokens used</source>
        <translation>Kontext: %1 von %2 Token belegt</translation>
    </message>
    <message>
        <source>How much of what the model can look at, at once, is in use</source>
        <translation>Wie viel von dem belegt ist, was das Modell auf einmal überblickt</translation>
    </message>
</context>
<context>
    <name>SystemPromptPage</name>
    <message>
        <source>Standing instructions</source>
        <translation>Dauerhafte Anweisungen</translation>
    </message>
    <message>
        <source>A role, a tone, a language. Put before your last message each time, and never left out.</source>
        <translation>Eine Rolle, ein Ton, eine Sprache. Jedes Mal vor die letzte Nachricht gesetzt und nie weggelassen.</translation>
    </message>
    <message>
        <source>For example: You are a patient teacher. Answer in short paragraphs.</source>
        <translation>Zum Beispiel: Du bist eine geduldige Lehrerin. Antworte in kurzen Absätzen.</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Systemprompt</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Leeren</translation>
    </message>
</context>
<context>
    <name>TableBlock</name>
    <message numerus="yes">
        <source>Table with %n column(s)</source>
        <translation>
            <numerusform>Tabelle mit %n Spalte</numerusform>
            <numerusform>Tabelle mit %n Spalten</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TroubleDialog</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>UndoBar</name>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
</context>
<context>
    <name>UserMessage</name>
    <message>
        <source>You: %1</source>
        <translation>Du: %1</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Edit and ask again</source>
        <translation>Bearbeiten und neu fragen</translation>
    </message>
    <message>
        <source>Delete, with what follows</source>
        <translation>Löschen, mit allem, was folgt</translation>
    </message>
</context>
<context>
    <name>VariantSwitch</name>
    <message>
        <source>Previous variant</source>
        <translation>Vorige Variante</translation>
    </message>
    <message>
        <source>Variant %1 of %2</source>
        <translation>Variante %1 von %2</translation>
    </message>
    <message>
        <source>Next variant</source>
        <translation>Nächste Variante</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::BackupList</name>
    <message>
        <source>%1, %2, %3</source>
        <translation>%1, %2, %3</translation>
    </message>
    <message numerus="yes">
        <source>%n conversation(s)</source>
        <translation>
            <numerusform>%n Unterhaltung</numerusform>
            <numerusform>%n Unterhaltungen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n message(s)</source>
        <translation>
            <numerusform>%n Nachricht</numerusform>
            <numerusform>%n Nachrichten</numerusform>
        </translation>
    </message>
    <message>
        <source>The backup was put back. What was there before is a backup itself now.</source>
        <translation>Die Sicherung ist eingespielt. Was vorher da war, ist nun selbst eine Sicherung.</translation>
    </message>
    <message>
        <source>A backup was made.</source>
        <translation>Eine Sicherung wurde angelegt.</translation>
    </message>
    <message>
        <source>The backup could not be put back; the conversations are what they were.</source>
        <translation>Die Sicherung ließ sich nicht einspielen; die Unterhaltungen sind, wie sie waren.</translation>
    </message>
    <message>
        <source>The backup could not be made. The earlier ones are all there.</source>
        <translation>Die Sicherung ließ sich nicht anlegen. Die früheren sind alle da.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::ChatSession</name>
    <message>
        <source>Conversations of this run are not kept.</source>
        <translation>Die Unterhaltungen dieser Sitzung werden nicht behalten.</translation>
    </message>
    <message>
        <source>The file of conversations was damaged. What could be read was brought over: %1 and %2.</source>
        <translation>Die Datei der Unterhaltungen war beschädigt. Was lesbar war, wurde übernommen: %1 und %2.</translation>
    </message>
    <message numerus="yes">
        <source>%n conversation(s)</source>
        <translation>
            <numerusform>%n Unterhaltung</numerusform>
            <numerusform>%n Unterhaltungen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n message(s)</source>
        <translation>
            <numerusform>%n Nachricht</numerusform>
            <numerusform>%n Nachrichten</numerusform>
        </translation>
    </message>
    <message>
        <source>The damaged file was kept: %1</source>
        <translation>Die beschädigte Datei wurde aufbewahrt: %1</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Another program is using the file of conversations. What you write waits here and is saved as soon as it is free.</source>
        <translation>Ein anderes Programm benutzt die Datei der Unterhaltungen. Was geschrieben wird, wartet hier und wird gespeichert, sobald sie frei ist.</translation>
    </message>
    <message>
        <source>The conversations were written by a newer Tramontane. They were left as they are; this version cannot open them.</source>
        <translation>Die Unterhaltungen stammen von einem neueren Tramontane. Sie blieben, wie sie sind; diese Version kann sie nicht öffnen.</translation>
    </message>
    <message>
        <source>The file of conversations is damaged and could not be opened.</source>
        <translation>Die Datei der Unterhaltungen ist beschädigt und konnte nicht geöffnet werden.</translation>
    </message>
    <message>
        <source>The conversations cannot be saved: the disk is full, read-only or failing. Nothing is lost; what you write waits here.</source>
        <translation>Die Unterhaltungen können nicht gespeichert werden: Der Datenträger ist voll, schreibgeschützt oder fehlerhaft. Nichts ist verloren; was geschrieben wird, wartet hier.</translation>
    </message>
    <message>
        <source>Go on without saving</source>
        <translation>Ohne Speichern weitermachen</translation>
    </message>
    <message>
        <source>%1 goes on answering.</source>
        <translation>%1 antwortet weiter.</translation>
    </message>
    <message>
        <source>Choose another folder…</source>
        <translation>Anderen Ordner wählen…</translation>
    </message>
    <message>
        <source>Use the built-in model</source>
        <translation>Das eingebaute Modell verwenden</translation>
    </message>
    <message numerus="yes">
        <source>The conversation is longer than the model&apos;s context: the oldest %n message(s) were left out of this answer.</source>
        <translation>
            <numerusform>Die Unterhaltung ist länger als der Kontext des Modells: Die älteste Nachricht blieb bei dieser Antwort außen vor.</numerusform>
            <numerusform>Die Unterhaltung ist länger als der Kontext des Modells: Die ältesten %n Nachrichten blieben bei dieser Antwort außen vor.</numerusform>
        </translation>
    </message>
    <message>
        <source>The conversation is longer than the model&apos;s context (%1 of %2 tokens): its oldest messages will be left out.</source>
        <translation>Die Unterhaltung ist länger als der Kontext des Modells (%1 von %2 Token): Ihre ältesten Nachrichten bleiben außen vor.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::CommandLine</name>
    <message>
        <source>Chat with a language model that runs on this computer.</source>
        <translation>Mit einem Sprachmodell chatten, das auf diesem Rechner läuft.</translation>
    </message>
    <message>
        <source>Open the model in this folder.</source>
        <translation>Das Modell in diesem Ordner öffnen.</translation>
    </message>
    <message>
        <source>Run it on this device: auto, cuda or cpu.</source>
        <translation>Auf diesem Gerät ausführen: auto, cuda oder cpu.</translation>
    </message>
    <message>
        <source>Run so many layers on the GPU and the others on the CPU; auto: as many as fit.</source>
        <translation>So viele Schichten auf der GPU rechnen, die anderen auf der CPU; auto: so viele, wie passen.</translation>
    </message>
    <message>
        <source>Keep conversations and settings in this folder.</source>
        <translation>Unterhaltungen und Einstellungen in diesem Ordner ablegen.</translation>
    </message>
    <message>
        <source>Unexpected argument: %1</source>
        <translation>Unerwartetes Argument: %1</translation>
    </message>
    <message>
        <source>--device is &quot;%1&quot;, expected auto, cuda or cpu</source>
        <translation>--device ist „%1“, erwartet wird auto, cuda oder cpu</translation>
    </message>
    <message>
        <source>--gpu-layers is &quot;%1&quot;, expected a number or auto</source>
        <translation>--gpu-layers ist „%1“, erwartet wird eine Zahl oder auto</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::EngineState</name>
    <message>
        <source>Built-in guide</source>
        <translation>Eingebauter Wegweiser</translation>
    </message>
    <message>
        <source>Checking the model&apos;s files</source>
        <translation>Die Modelldateien werden geprüft</translation>
    </message>
    <message>
        <source>Reading the weights</source>
        <translation>Die Gewichte werden gelesen</translation>
    </message>
    <message>
        <source>Opening the model</source>
        <translation>Das Modell wird geöffnet</translation>
    </message>
    <message>
        <source>The built-in model</source>
        <translation>Das eingebaute Modell</translation>
    </message>
    <message>
        <source>%1 could not be opened: the folder or one of its files is not there.</source>
        <translation>%1 konnte nicht geöffnet werden: Der Ordner oder eine seiner Dateien fehlt.</translation>
    </message>
    <message>
        <source>%1 does not fit in this computer&apos;s memory. A smaller context or a smaller model may.</source>
        <translation>%1 passt nicht in den Arbeitsspeicher dieses Rechners. Ein kürzerer Kontext oder ein kleineres Modell passt vielleicht.</translation>
    </message>
    <message>
        <source>%1 is in a format that Tramontane does not run.</source>
        <translation>%1 liegt in einem Format vor, das Tramontane nicht ausführt.</translation>
    </message>
    <message>
        <source>%1 changed on disk while it was being read.</source>
        <translation>%1 hat sich auf dem Datenträger geändert, während es gelesen wurde.</translation>
    </message>
    <message>
        <source>Opening %1 was cancelled.</source>
        <translation>Das Öffnen von %1 wurde abgebrochen.</translation>
    </message>
    <message>
        <source>%1 could not be opened: its files do not hold a model that Tramontane can run.</source>
        <translation>%1 konnte nicht geöffnet werden: Seine Dateien enthalten kein Modell, das Tramontane ausführen kann.</translation>
    </message>
    <message>
        <source>%1 has too little free memory for the whole model: the CPU computes a part of it.</source>
        <translation>%1 hat zu wenig freien Speicher für das ganze Modell: Die CPU rechnet einen Teil davon.</translation>
    </message>
    <message>
        <source>%1 cannot be used for this model: the CPU answers.</source>
        <translation>%1 ist für dieses Modell nicht nutzbar: Die CPU antwortet.</translation>
    </message>
    <message>
        <source>No NVIDIA GPU can be used here: the CPU answers.</source>
        <translation>Hier ist keine NVIDIA-GPU nutzbar: Die CPU antwortet.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::InferenceWorker</name>
    <message>
        <source>No model is open.</source>
        <translation>Kein Modell ist geöffnet.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::Preferences</name>
    <message>
        <source>%1 of memory for the context</source>
        <translation>%1 Arbeitsspeicher für den Kontext</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::PresetModel</name>
    <message>
        <source>Precise</source>
        <translation>Präzise</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>Ausgewogen</translation>
    </message>
    <message>
        <source>Creative</source>
        <translation>Kreativ</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::SamplingModel</name>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>How freely words are chosen: 0 always takes the likeliest, higher is more varied.</source>
        <translation>Wie frei Wörter gewählt werden: 0 nimmt immer das wahrscheinlichste, höher ist vielfältiger.</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Choose among this many of the likeliest tokens; 0 is off.</source>
        <translation>Unter so vielen der wahrscheinlichsten Token wählen; 0 ist aus.</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Choose among the likeliest tokens that together reach this probability; 1 is off.</source>
        <translation>Unter den wahrscheinlichsten Token wählen, die zusammen diese Wahrscheinlichkeit erreichen; 1 ist aus.</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Leave out tokens less likely than this share of the likeliest one; 0 is off.</source>
        <translation>Token weglassen, die weniger wahrscheinlich sind als dieser Anteil des wahrscheinlichsten; 0 ist aus.</translation>
    </message>
    <message>
        <source>Typical-p</source>
        <translation>Typical-p</translation>
    </message>
    <message>
        <source>Choose among the tokens that surprise as much as expected, up to this probability; 1 is off.</source>
        <translation>Unter den Token wählen, die so sehr überraschen wie erwartet, bis zu dieser Wahrscheinlichkeit; 1 ist aus.</translation>
    </message>
    <message>
        <source>Repeat penalty</source>
        <translation>Wiederholungsstrafe</translation>
    </message>
    <message>
        <source>Above 1 makes tokens that were used lately less likely; 1 is off.</source>
        <translation>Über 1 werden zuletzt verwendete Token unwahrscheinlicher; 1 ist aus.</translation>
    </message>
    <message>
        <source>Repeat last n</source>
        <translation>Reichweite der Strafen</translation>
    </message>
    <message>
        <source>How many tokens back the penalties look; -1 is the whole context, 0 is off.</source>
        <translation>Wie viele Token die Strafen zurückblicken; -1 ist der ganze Kontext, 0 ist aus.</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>Anwesenheitsstrafe</translation>
    </message>
    <message>
        <source>Lowers every token that was used at all, which invites new subjects; 0 is off.</source>
        <translation>Senkt jedes Token, das schon vorkam, und lädt so neue Themen ein; 0 ist aus.</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>Häufigkeitsstrafe</translation>
    </message>
    <message>
        <source>Lowers a token more each time it was used, against repetition; 0 is off.</source>
        <translation>Senkt ein Token mit jeder Verwendung weiter, gegen Wiederholungen; 0 ist aus.</translation>
    </message>
    <message>
        <source>Max tokens</source>
        <translation>Höchstzahl Token</translation>
    </message>
    <message>
        <source>The longest answer, in tokens; -1 goes on until the context is full.</source>
        <translation>Die längste Antwort, in Token; -1 geht weiter, bis der Kontext voll ist.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::Transfer</name>
    <message>
        <source>Conversation</source>
        <translation>Unterhaltung</translation>
    </message>
    <message>
        <source>%1 is not on this computer.</source>
        <translation>%1 liegt nicht auf diesem Rechner.</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Ich</translation>
    </message>
    <message>
        <source>Assistant</source>
        <translation>Assistent</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>Tool</source>
        <translation>Werkzeug</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Bild</translation>
    </message>
    <message numerus="yes">
        <source>%n conversation(s)</source>
        <translation>
            <numerusform>%n Unterhaltung</numerusform>
            <numerusform>%n Unterhaltungen</numerusform>
        </translation>
    </message>
    <message>
        <source>Wrote %1 to %2.</source>
        <translation>%1 in %2 geschrieben.</translation>
    </message>
    <message>
        <source>Added %1 with %2.</source>
        <translation>%1 mit %2 hinzugefügt.</translation>
    </message>
    <message numerus="yes">
        <source>%n message(s)</source>
        <translation>
            <numerusform>%n Nachricht</numerusform>
            <numerusform>%n Nachrichten</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing was imported.</source>
        <translation>Nichts wurde importiert.</translation>
    </message>
    <message>
        <source>Nothing was exported.</source>
        <translation>Nichts wurde exportiert.</translation>
    </message>
    <message>
        <source>The conversations cannot be read or written at the moment. Try again a little later.</source>
        <translation>Die Unterhaltungen können gerade nicht gelesen oder geschrieben werden. Versuchen Sie es etwas später noch einmal.</translation>
    </message>
    <message>
        <source>There is no conversation to export.</source>
        <translation>Es gibt keine Unterhaltung zu exportieren.</translation>
    </message>
</context>
</TS>
