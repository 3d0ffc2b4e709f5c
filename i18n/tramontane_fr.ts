<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>Tramontane %1</source>
        <translation>Tramontane %1</translation>
    </message>
    <message>
        <source>Chat with a language model on your own computer. Named after the cold, clear north wind.</source>
        <translation>Discuter avec un modèle de langage sur votre propre ordinateur. Du nom du vent du nord, froid et clair.</translation>
    </message>
    <message>
        <source>Nothing is sent anywhere: no account, no telemetry, no network use at all.</source>
        <translation>Rien n’est envoyé nulle part : pas de compte, pas de télémétrie, aucun accès au réseau.</translation>
    </message>
    <message>
        <source>Open source under the Apache License 2.0. Built with Qt, SQLite, sentencepiece, md4c and JSON for Modern C++; set in Inter and Hack.</source>
        <translation>Logiciel libre sous licence Apache 2.0. Construit avec Qt, SQLite, sentencepiece, md4c et JSON for Modern C++ ; composé en Inter et Hack.</translation>
    </message>
    <message>
        <source>Model: %1, fingerprint %2</source>
        <translation>Modèle : %1, empreinte %2</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Fermer</translation>
    </message>
</context>
<context>
    <name>AnswerActions</name>
    <message>
        <source>Copied</source>
        <translation>Copié</translation>
    </message>
    <message>
        <source>Copy the answer</source>
        <translation>Copier la réponse</translation>
    </message>
    <message>
        <source>Another answer</source>
        <translation>Une autre réponse</translation>
    </message>
    <message>
        <source>Continue: the answer reached its longest length</source>
        <translation>Continuer : la réponse a atteint sa longueur maximale</translation>
    </message>
    <message numerus="yes">
        <source>%n token(s)</source>
        <translation>
            <numerusform>%n jeton</numerusform>
            <numerusform>%n jetons</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 jetons/s</translation>
    </message>
    <message>
        <source>More for this answer</source>
        <translation>Plus d’actions pour cette réponse</translation>
    </message>
    <message>
        <source>Edit the answer</source>
        <translation>Modifier la réponse</translation>
    </message>
    <message>
        <source>How this was made…</source>
        <translation>Comment elle a été produite…</translation>
    </message>
    <message>
        <source>Delete the answer</source>
        <translation>Supprimer la réponse</translation>
    </message>
</context>
<context>
    <name>AnswerBlock</name>
    <message>
        <source>Separator</source>
        <translation>Séparateur</translation>
    </message>
</context>
<context>
    <name>AnswerDetails</name>
    <message>
        <source>How this answer was made</source>
        <translation>Comment cette réponse a été produite</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modèle</translation>
    </message>
    <message>
        <source>Fingerprint</source>
        <translation>Empreinte</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Appareil</translation>
    </message>
    <message>
        <source>Ended by</source>
        <translation>Terminée par</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>Invite</translation>
    </message>
    <message numerus="yes">
        <source>%n token(s)</source>
        <translation>
            <numerusform>%n jeton</numerusform>
            <numerusform>%n jetons</numerusform>
        </translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Réponse</translation>
    </message>
    <message>
        <source>Time to first token</source>
        <translation>Délai jusqu’au premier jeton</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Vitesse</translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 jetons/s</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Graine</translation>
    </message>
    <message>
        <source>the model</source>
        <translation>le modèle</translation>
    </message>
    <message>
        <source>the longest length</source>
        <translation>la longueur maximale</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Arrêter</translation>
    </message>
    <message>
        <source>an error</source>
        <translation>une erreur</translation>
    </message>
    <message>
        <source>Another model is loaded now; the same answer needs the one above.</source>
        <translation>Un autre modèle est chargé à présent ; la même réponse demande celui indiqué ci-dessus.</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Fermer</translation>
    </message>
    <message>
        <source>Run again exactly</source>
        <translation>Relancer à l’identique</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Copier</translation>
    </message>
</context>
<context>
    <name>AnswerMessage</name>
    <message>
        <source>Answer</source>
        <translation>Réponse</translation>
    </message>
    <message>
        <source>being written</source>
        <translation>en cours de rédaction</translation>
    </message>
    <message>
        <source>Edit the answer</source>
        <translation>Modifier la réponse</translation>
    </message>
    <message>
        <source>Keep this answer</source>
        <translation>Garder cette réponse</translation>
    </message>
</context>
<context>
    <name>AnswerState</name>
    <message>
        <source>The answer could not be finished.</source>
        <translation>La réponse n’a pas pu être terminée.</translation>
    </message>
    <message>
        <source>Stopped. The text so far is kept.</source>
        <translation>Arrêtée. Le texte déjà écrit est conservé.</translation>
    </message>
    <message>
        <source>Interrupted. The text so far is kept.</source>
        <translation>Interrompue. Le texte déjà écrit est conservé.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Réessayer</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Continuer</translation>
    </message>
</context>
<context>
    <name>BackupsPage</name>
    <message>
        <source>A backup every day</source>
        <translation>Une sauvegarde chaque jour</translation>
    </message>
    <message>
        <source>Once a day a copy of all conversations is made in the folder of your conversations. The last seven are kept.</source>
        <translation>Une fois par jour, une copie de toutes les conversations est créée dans leur dossier. Les sept dernières sont conservées.</translation>
    </message>
    <message>
        <source>Back up now</source>
        <translation>Sauvegarder maintenant</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>Sauvegardes</translation>
    </message>
    <message>
        <source>There is none yet.</source>
        <translation>Il n’y en a pas encore.</translation>
    </message>
    <message>
        <source>Putting one back replaces the conversations that are there now; these are kept as a backup first.</source>
        <translation>La remise en place remplace les conversations actuelles ; celles-ci sont d’abord sauvegardées.</translation>
    </message>
    <message>
        <source>Put back…</source>
        <translation>Remettre…</translation>
    </message>
    <message>
        <source>Leave it as it is</source>
        <translation>Laisser tel quel</translation>
    </message>
    <message>
        <source>Put this backup back</source>
        <translation>Remettre cette sauvegarde</translation>
    </message>
</context>
<context>
    <name>BannerBar</name>
    <message>
        <source>Dismiss</source>
        <translation>Masquer</translation>
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
        <translation>Code en %1</translation>
    </message>
    <message>
        <source>Code copied</source>
        <translation>Code copié</translation>
    </message>
    <message>
        <source>Copy code</source>
        <translation>Copier le code</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Copié</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Copier</translation>
    </message>
</context>
<context>
    <name>CommandPalette</name>
    <message>
        <source>Search the conversations for “%1”</source>
        <translation>Chercher « %1 » dans les conversations</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>Commandes</translation>
    </message>
    <message>
        <source>Type a command</source>
        <translation>Saisir une commande</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Ask anything</source>
        <translation>Posez votre question</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Message</translation>
    </message>
    <message>
        <source>Enter sends, Shift+Enter starts a new line</source>
        <translation>Entrée envoie, Maj+Entrée commence une nouvelle ligne</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Arrêter</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Envoyer</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Entrée</translation>
    </message>
</context>
<context>
    <name>ConversationRow</name>
    <message>
        <source>New conversation</source>
        <translation>Nouvelle conversation</translation>
    </message>
    <message>
        <source>being answered</source>
        <translation>réponse en cours</translation>
    </message>
    <message>
        <source>Title of the conversation</source>
        <translation>Titre de la conversation</translation>
    </message>
    <message>
        <source>Menu of %1</source>
        <translation>Menu de %1</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Renommer</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Supprimer</translation>
    </message>
    <message>
        <source>Del</source>
        <translation>Suppr</translation>
    </message>
    <message>
        <source>pinned</source>
        <translation>épinglée</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>Détacher</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>Épingler</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>Dupliquer</translation>
    </message>
    <message>
        <source>%1 (copy)</source>
        <translation>%1 (copie)</translation>
    </message>
    <message>
        <source>Take out of the archive</source>
        <translation>Sortir des archives</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>Archiver</translation>
    </message>
    <message>
        <source>Put back</source>
        <translation>Remettre en place</translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation>Supprimer définitivement</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exporter…</translation>
    </message>
</context>
<context>
    <name>DataPage</name>
    <message>
        <source>Export</source>
        <translation>Exporter</translation>
    </message>
    <message>
        <source>All conversations with all their variants in one JSON file, the archive included. Tramontane can import it again, here or on another computer. A single conversation is exported from its menu in the sidebar.</source>
        <translation>Toutes les conversations avec toutes leurs variantes dans un seul fichier JSON, archives comprises. Tramontane peut l’importer à nouveau, ici ou sur un autre ordinateur. Une seule conversation s’exporte depuis son menu dans la barre latérale.</translation>
    </message>
    <message>
        <source>Export all conversations…</source>
        <translation>Exporter toutes les conversations…</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>Importer</translation>
    </message>
    <message>
        <source>From a JSON file of Tramontane, of ChatGPT (conversations.json of its export) or of Open WebUI. What is imported is added; nothing that is there is changed.</source>
        <translation>Depuis un fichier JSON de Tramontane, de ChatGPT (conversations.json de son export) ou d’Open WebUI. Ce qui est importé s’ajoute ; rien de ce qui existe n’est modifié.</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>Importer…</translation>
    </message>
    <message>
        <source>One moment…</source>
        <translation>Un instant…</translation>
    </message>
    <message>
        <source>Export all conversations</source>
        <translation>Exporter toutes les conversations</translation>
    </message>
    <message>
        <source>JSON (*.json)</source>
        <translation>JSON (*.json)</translation>
    </message>
    <message>
        <source>Import conversations</source>
        <translation>Importer des conversations</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Tous les fichiers (*)</translation>
    </message>
</context>
<context>
    <name>EmptyConversation</name>
    <message>
        <source>Explain how tides work, in a few sentences.</source>
        <translation>Explique les marées en quelques phrases.</translation>
    </message>
    <message>
        <source>Write a polite reply that declines a meeting.</source>
        <translation>Écris une réponse polie qui décline une réunion.</translation>
    </message>
    <message>
        <source>Compare three ways to store passwords in a table.</source>
        <translation>Compare dans un tableau trois façons de stocker des mots de passe.</translation>
    </message>
    <message>
        <source>Write a Python function that finds the median.</source>
        <translation>Écris une fonction Python qui trouve la médiane.</translation>
    </message>
    <message>
        <source>What is on your mind?</source>
        <translation>Qu’avez-vous en tête ?</translation>
    </message>
    <message>
        <source>%1 answers, on this computer alone.</source>
        <translation>%1 répond, sur cet ordinateur seulement.</translation>
    </message>
    <message>
        <source>The built-in guide answers. It is small, knows Tramontane best, and speaks English.</source>
        <translation>Le guide intégré répond. Il est petit, connaît surtout Tramontane et parle anglais.</translation>
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
        <translation>Les messages affichés sous forme de texte, avec un titre pour chaque interlocuteur.</translation>
    </message>
    <message>
        <source>Web page (*.html)</source>
        <translation>Page web (*.html)</translation>
    </message>
    <message>
        <source>The messages on show as a page for any browser, without scripts.</source>
        <translation>Les messages affichés sous forme de page pour tout navigateur, sans scripts.</translation>
    </message>
    <message>
        <source>PDF (*.pdf)</source>
        <translation>PDF (*.pdf)</translation>
    </message>
    <message>
        <source>The messages on show on A4 pages.</source>
        <translation>Les messages affichés sur des pages A4.</translation>
    </message>
    <message>
        <source>JSON (*.json)</source>
        <translation>JSON (*.json)</translation>
    </message>
    <message>
        <source>Everything, all variants and how each answer was made. Tramontane can import it again.</source>
        <translation>Tout, avec toutes les variantes et la façon dont chaque réponse a été faite. Tramontane peut l’importer à nouveau.</translation>
    </message>
    <message>
        <source>Export the conversation</source>
        <translation>Exporter la conversation</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Nouvelle conversation</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>Enregistrer sous…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuler</translation>
    </message>
</context>
<context>
    <name>FirstRun</name>
    <message>
        <source>Welcome to Tramontane</source>
        <translation>Bienvenue dans Tramontane</translation>
    </message>
    <message>
        <source>A language model that runs on your own computer, and a quiet window to talk with it.</source>
        <translation>Un modèle de langage qui tourne sur votre propre ordinateur, et une fenêtre calme pour lui parler.</translation>
    </message>
    <message>
        <source>A guide is built in</source>
        <translation>Un guide est intégré</translation>
    </message>
    <message>
        <source>Open a real model when you want one</source>
        <translation>Ouvrez un vrai modèle quand vous le voulez</translation>
    </message>
    <message>
        <source>Get the folder of Mistral-7B-Instruct-v0.3-GPTQ-4bit (about 4.2 GB, published by neuralmagic) on any computer, then choose it with Open model. It needs about 5 GB of memory.</source>
        <translation>Procurez-vous le dossier de Mistral-7B-Instruct-v0.3-GPTQ-4bit (environ 4,2 Go, publié par neuralmagic) sur n’importe quel ordinateur, puis choisissez-le avec Ouvrir un modèle. Il lui faut environ 5 Go de mémoire.</translation>
    </message>
    <message>
        <source>Nothing leaves this computer</source>
        <translation>Rien ne quitte cet ordinateur</translation>
    </message>
    <message>
        <source>No account, no network. Conversations are saved as they are written, in one file of yours.</source>
        <translation>Pas de compte, pas de réseau. Les conversations sont enregistrées à mesure qu’elles s’écrivent, dans un fichier qui est à vous.</translation>
    </message>
    <message>
        <source>Start with the built-in guide</source>
        <translation>Commencer avec le guide intégré</translation>
    </message>
    <message>
        <source>Open a model…</source>
        <translation>Ouvrir un modèle…</translation>
    </message>
    <message>
        <source>It answers at once, in English. It is a very small model: good at explaining Tramontane, small talk and sums, and often wrong about everything else.</source>
        <translation>Il répond tout de suite, en anglais. C’est un tout petit modèle : bon pour expliquer Tramontane, bavarder et calculer, et qui se trompe souvent sur le reste.</translation>
    </message>
</context>
<context>
    <name>GeneralPage</name>
    <message>
        <source>Theme</source>
        <translation>Thème</translation>
    </message>
    <message>
        <source>System</source>
        <translation>Système</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Clair</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Sombre</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Langue</translation>
    </message>
    <message>
        <source>Of the window. The model answers in the language it is asked in, as far as it can.</source>
        <translation>Celle de la fenêtre. Le modèle répond dans la langue de la question, autant qu’il le peut.</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>Taille du texte</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Reset the text size</source>
        <translation>Rétablir la taille du texte</translation>
    </message>
</context>
<context>
    <name>HeaderBar</name>
    <message>
        <source>Hide the sidebar</source>
        <translation>Masquer le panneau latéral</translation>
    </message>
    <message>
        <source>Show the sidebar</source>
        <translation>Afficher le panneau latéral</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Nouvelle conversation</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Préférences</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>Menu</translation>
    </message>
    <message>
        <source>Open model…</source>
        <translation>Ouvrir un modèle…</translation>
    </message>
    <message>
        <source>Use the built-in model</source>
        <translation>Utiliser le modèle intégré</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Raccourcis clavier</translation>
    </message>
    <message>
        <source>About Tramontane</source>
        <translation>À propos de Tramontane</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Quitter</translation>
    </message>
</context>
<context>
    <name>ImageBlock</name>
    <message>
        <source>Image, not loaded: %1</source>
        <translation>Image, non chargée : %1</translation>
    </message>
    <message>
        <source>Image (not loaded)</source>
        <translation>Image (non chargée)</translation>
    </message>
    <message>
        <source>%1 (image, not loaded)</source>
        <translation>%1 (image, non chargée)</translation>
    </message>
</context>
<context>
    <name>JumpToEnd</name>
    <message>
        <source>Jump to the end</source>
        <translation>Aller à la fin</translation>
    </message>
</context>
<context>
    <name>LinkPopup</name>
    <message>
        <source>Write to this address?</source>
        <translation>Écrire à cette adresse ?</translation>
    </message>
    <message>
        <source>Open this link in the browser?</source>
        <translation>Ouvrir ce lien dans le navigateur ?</translation>
    </message>
    <message>
        <source>Open in the mail program</source>
        <translation>Ouvrir dans la messagerie</translation>
    </message>
    <message>
        <source>Open in the browser</source>
        <translation>Ouvrir dans le navigateur</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>Copier l’adresse</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuler</translation>
    </message>
</context>
<context>
    <name>LoadingBar</name>
    <message>
        <source>Opening %1</source>
        <translation>Ouverture de %1</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuler</translation>
    </message>
    <message>
        <source>Opening the model</source>
        <translation>Ouverture du modèle</translation>
    </message>
</context>
<context>
    <name>Main</name>
    <message>
        <source>Choose the folder of a model</source>
        <translation>Choisir le dossier d’un modèle</translation>
    </message>
    <message>
        <source>Conversation deleted</source>
        <translation>Conversation supprimée</translation>
    </message>
    <message>
        <source>“%1” deleted</source>
        <translation>« %1 » supprimée</translation>
    </message>
    <message>
        <source>Message deleted</source>
        <translation>Message supprimé</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exporter</translation>
    </message>
    <message>
        <source>System</source>
        <translation>Système</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Clair</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Sombre</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Nouvelle conversation</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>Rechercher dans les conversations</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Arrêter</translation>
    </message>
    <message>
        <source>Another answer to the last question</source>
        <translation>Une autre réponse à la dernière question</translation>
    </message>
    <message>
        <source>Copy the last answer</source>
        <translation>Copier la dernière réponse</translation>
    </message>
    <message>
        <source>Rename the conversation</source>
        <translation>Renommer la conversation</translation>
    </message>
    <message>
        <source>Export the conversation</source>
        <translation>Exporter la conversation</translation>
    </message>
    <message>
        <source>Next conversation</source>
        <translation>Conversation suivante</translation>
    </message>
    <message>
        <source>Previous conversation</source>
        <translation>Conversation précédente</translation>
    </message>
    <message>
        <source>Show or hide the sidebar</source>
        <translation>Afficher ou masquer le panneau latéral</translation>
    </message>
    <message>
        <source>Open a model</source>
        <translation>Ouvrir un modèle</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Préférences</translation>
    </message>
    <message>
        <source>Preferences: %1</source>
        <translation>Préférences : %1</translation>
    </message>
    <message>
        <source>Theme: %1</source>
        <translation>Thème : %1</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Raccourcis clavier</translation>
    </message>
    <message>
        <source>About Tramontane</source>
        <translation>À propos de Tramontane</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Quitter</translation>
    </message>
</context>
<context>
    <name>MessageEditor</name>
    <message>
        <source>Edit the question</source>
        <translation>Modifier la question</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuler</translation>
    </message>
    <message>
        <source>Ask again</source>
        <translation>Redemander</translation>
    </message>
</context>
<context>
    <name>MessageList</name>
    <message>
        <source>Conversation</source>
        <translation>Conversation</translation>
    </message>
</context>
<context>
    <name>ModelPage</name>
    <message>
        <source>Model</source>
        <translation>Modèle</translation>
    </message>
    <message>
        <source>No model is open.</source>
        <translation>Aucun modèle n’est ouvert.</translation>
    </message>
    <message>
        <source>The built-in guide: a very small model that comes with Tramontane.</source>
        <translation>Le guide intégré : un tout petit modèle fourni avec Tramontane.</translation>
    </message>
    <message>
        <source>Open model…</source>
        <translation>Ouvrir un modèle…</translation>
    </message>
    <message>
        <source>Use the built-in model</source>
        <translation>Utiliser le modèle intégré</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Appareil</translation>
    </message>
    <message>
        <source>Automatic takes the graphics card where it can be used, else the processor.</source>
        <translation>Automatique prend la carte graphique là où elle peut servir, sinon le processeur.</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatique</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>Processeur</translation>
    </message>
    <message>
        <source>GPU</source>
        <translation>Carte graphique</translation>
    </message>
    <message>
        <source>GPU layers</source>
        <translation>Couches sur la carte graphique</translation>
    </message>
    <message>
        <source>How many of the model&apos;s layers the graphics card computes; the processor computes the others. Automatic takes as many as fit into its memory.</source>
        <translation>Combien de couches du modèle la carte graphique calcule ; le processeur calcule les autres. Automatique en prend autant que sa mémoire en contient.</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>Nombre</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Fils d’exécution</translation>
    </message>
    <message>
        <source>How many processor cores the model may use. Automatic suits most computers.</source>
        <translation>Combien de cœurs du processeur le modèle peut utiliser. Automatique convient à la plupart des ordinateurs.</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>Longueur du contexte</translation>
    </message>
    <message>
        <source>How many tokens the model can look at, at once. More context needs more memory; 0 is automatic.</source>
        <translation>Combien de jetons le modèle peut regarder à la fois. Plus de contexte demande plus de mémoire ; 0 est automatique.</translation>
    </message>
</context>
<context>
    <name>NumberField</name>
    <message>
        <source>A number from %1 to %2</source>
        <translation>Un nombre de %1 à %2</translation>
    </message>
</context>
<context>
    <name>PlaceHeading</name>
    <message>
        <source>Trash</source>
        <translation>Corbeille</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>Archives</translation>
    </message>
    <message>
        <source>Back to the conversations</source>
        <translation>Retour aux conversations</translation>
    </message>
    <message>
        <source>Delete for good what is in the trash? This cannot be undone.</source>
        <translation>Supprimer définitivement le contenu de la corbeille ? Cette action est irréversible.</translation>
    </message>
    <message>
        <source>Kept for 30 days, then deleted for good.</source>
        <translation>Conservé 30 jours, puis supprimé définitivement.</translation>
    </message>
    <message>
        <source>Empty the trash…</source>
        <translation>Vider la corbeille…</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Conserver</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Supprimer</translation>
    </message>
</context>
<context>
    <name>PlaceLink</name>
    <message numerus="yes">
        <source>%n conversation(s)</source>
        <translation>
            <numerusform>%n conversation</numerusform>
            <numerusform>%n conversations</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PreferencesDialog</name>
    <message>
        <source>General</source>
        <translation>Général</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modèle</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>Échantillonnage</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Prompt système</translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation>Confidentialité</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Préférences</translation>
    </message>
    <message>
        <source>Close the preferences</source>
        <translation>Fermer les préférences</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>Sauvegardes</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Données</translation>
    </message>
</context>
<context>
    <name>PresetBar</name>
    <message>
        <source>Preset %1</source>
        <translation>Préréglage %1</translation>
    </message>
    <message>
        <source>Del deletes it</source>
        <translation>Suppr le supprime</translation>
    </message>
    <message>
        <source>Delete the preset %1</source>
        <translation>Supprimer le préréglage %1</translation>
    </message>
    <message>
        <source>Save as preset…</source>
        <translation>Enregistrer comme préréglage…</translation>
    </message>
    <message>
        <source>Name of the preset</source>
        <translation>Nom du préréglage</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Enregistrer</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuler</translation>
    </message>
    <message>
        <source>This name belongs to a preset that comes with Tramontane. Choose another.</source>
        <translation>Ce nom est celui d’un préréglage fourni avec Tramontane. Choisissez-en un autre.</translation>
    </message>
</context>
<context>
    <name>PrivacyPage</name>
    <message>
        <source>Nothing leaves this computer</source>
        <translation>Rien ne quitte cet ordinateur</translation>
    </message>
    <message>
        <source>Tramontane uses no network: no account, no telemetry, no updates in the background. Images in answers are never loaded; links open only after you have seen their address.</source>
        <translation>Tramontane n’utilise pas le réseau : pas de compte, pas de télémétrie, pas de mises à jour en arrière-plan. Les images des réponses ne sont jamais chargées ; les liens ne s’ouvrent qu’après que vous avez vu leur adresse.</translation>
    </message>
    <message>
        <source>Where your conversations are</source>
        <translation>Où sont vos conversations</translation>
    </message>
    <message>
        <source>Copy the path</source>
        <translation>Copier le chemin</translation>
    </message>
    <message>
        <source>Where packed models are</source>
        <translation>Où sont les modèles préparés</translation>
    </message>
    <message>
        <source>The last models that the processor ran, packed so that they are ready at once the next time. They hold nothing that you wrote; delete them whenever you like.</source>
        <translation>Les derniers modèles que le processeur a fait tourner, préparés pour être prêts aussitôt la prochaine fois. Ils ne contiennent rien de ce que vous avez écrit ; supprimez-les quand vous voulez.</translation>
    </message>
    <message>
        <source>Delete everything</source>
        <translation>Tout supprimer</translation>
    </message>
    <message>
        <source>Delete all conversations…</source>
        <translation>Supprimer toutes les conversations…</translation>
    </message>
    <message>
        <source>Delete all conversations? This cannot be undone.</source>
        <translation>Supprimer toutes les conversations ? C’est sans retour.</translation>
    </message>
    <message>
        <source>Keep them</source>
        <translation>Les garder</translation>
    </message>
    <message>
        <source>Delete all</source>
        <translation>Tout supprimer</translation>
    </message>
    <message>
        <source>In one SQLite file in this folder, with a copy of each of the last seven days beside it.</source>
        <translation>Dans un seul fichier SQLite de ce dossier, accompagné d’une copie pour chacun des sept derniers jours.</translation>
    </message>
    <message>
        <source>Every conversation is removed from the file for good, and every backup with it. Settings and presets stay.</source>
        <translation>Chaque conversation est définitivement retirée du fichier, et chaque sauvegarde avec elle. Les réglages et préréglages restent.</translation>
    </message>
</context>
<context>
    <name>PromptProgress</name>
    <message>
        <source>Waiting for the model</source>
        <translation>En attente du modèle</translation>
    </message>
    <message>
        <source>Reading the conversation</source>
        <translation>Lecture de la conversation</translation>
    </message>
    <message>
        <source>Thinking</source>
        <translation>Réflexion</translation>
    </message>
</context>
<context>
    <name>SamplingPage</name>
    <message>
        <source>Presets</source>
        <translation>Préréglages</translation>
    </message>
    <message>
        <source>Precise keeps to the likeliest words, Creative wanders. Changes hold from the next answer on.</source>
        <translation>Précis s’en tient aux mots les plus probables, Créatif vagabonde. Les changements valent dès la prochaine réponse.</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Graine</translation>
    </message>
    <message>
        <source>The same seed with the same settings gives the same answer. Empty: a new one each time.</source>
        <translation>La même graine avec les mêmes réglages donne la même réponse. Vide : une nouvelle à chaque fois.</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Au hasard</translation>
    </message>
    <message>
        <source>A seed is a whole number from 0 on. Until then it is random.</source>
        <translation>Une graine est un nombre entier à partir de 0. D’ici là, elle est tirée au hasard.</translation>
    </message>
    <message>
        <source>Stop strings</source>
        <translation>Chaînes d’arrêt</translation>
    </message>
    <message>
        <source>The answer ends where one of these would appear. One a line.</source>
        <translation>La réponse s’arrête là où l’une d’elles apparaîtrait. Une par ligne.</translation>
    </message>
    <message>
        <source>Reset all sampling settings</source>
        <translation>Rétablir tout l’échantillonnage</translation>
    </message>
</context>
<context>
    <name>SamplingRow</name>
    <message>
        <source>%1 to %2</source>
        <translation>%1 à %2</translation>
    </message>
    <message>
        <source>off</source>
        <translation>désactivé</translation>
    </message>
    <message>
        <source>Reset %1</source>
        <translation>Rétablir %1</translation>
    </message>
</context>
<context>
    <name>ShortcutsSheet</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Raccourcis clavier</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Entrée</translation>
    </message>
    <message>
        <source>Send the message</source>
        <translation>Envoyer le message</translation>
    </message>
    <message>
        <source>Shift+Enter</source>
        <translation>Maj+Entrée</translation>
    </message>
    <message>
        <source>Start a new line</source>
        <translation>Commencer une nouvelle ligne</translation>
    </message>
    <message>
        <source>Stop the answer, close a panel</source>
        <translation>Arrêter la réponse, fermer un panneau</translation>
    </message>
    <message>
        <source>Another answer to the last question</source>
        <translation>Une autre réponse à la dernière question</translation>
    </message>
    <message>
        <source>Copy the last answer</source>
        <translation>Copier la dernière réponse</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Nouvelle conversation</translation>
    </message>
    <message>
        <source>Next conversation</source>
        <translation>Conversation suivante</translation>
    </message>
    <message>
        <source>Previous conversation</source>
        <translation>Conversation précédente</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>Rechercher dans les conversations</translation>
    </message>
    <message>
        <source>Rename the conversation</source>
        <translation>Renommer la conversation</translation>
    </message>
    <message>
        <source>Del</source>
        <translation>Suppr</translation>
    </message>
    <message>
        <source>Delete the conversation, in the list</source>
        <translation>Supprimer la conversation, dans la liste</translation>
    </message>
    <message>
        <source>Undo the deletion</source>
        <translation>Annuler la suppression</translation>
    </message>
    <message>
        <source>Show or hide the sidebar</source>
        <translation>Afficher ou masquer le panneau latéral</translation>
    </message>
    <message>
        <source>Open a model</source>
        <translation>Ouvrir un modèle</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Préférences</translation>
    </message>
    <message>
        <source>This list</source>
        <translation>Cette liste</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Quitter</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Fermer</translation>
    </message>
    <message>
        <source>All commands</source>
        <translation>Toutes les commandes</translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Conversations</source>
        <translation>Conversations</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Rechercher</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>Rechercher dans les conversations</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>Effacer la recherche</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>Nouvelle conversation</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Aujourd’hui</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>Hier</translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation>7 jours précédents</translation>
    </message>
    <message>
        <source>Older</source>
        <translation>Plus ancien</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>Rien trouvé</translation>
    </message>
    <message>
        <source>Conversations appear here as you write them.</source>
        <translation>Les conversations apparaissent ici à mesure que vous les écrivez.</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>Épinglées</translation>
    </message>
    <message>
        <source>The trash is empty.</source>
        <translation>La corbeille est vide.</translation>
    </message>
    <message>
        <source>Nothing is archived.</source>
        <translation>Rien n’est archivé.</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>Archives</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>Corbeille</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Status</source>
        <translation>État</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>Aucun modèle</translation>
    </message>
    <message>
        <source>Opening the model</source>
        <translation>Ouverture du modèle</translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 jetons/s</translation>
    </message>
    <message>
        <source>Context used</source>
        <translation>Contexte utilisé</translation>
    </message>
    <message>
        <source>%1 of %2 tokens</source>
        <translation>%1 jetons sur %2</translation>
    </message>
    <message>
        <source>Context: %1 of %2 tokens used</source>
        <translation>Contexte : %1 jetons sur %2 utilisés</translation>
    </message>
    <message>
        <source>How much of what the model can look at, at once, is in use</source>
        <translation>La part utilisée de ce que le modèle peut regarder à la fois</translation>
    </message>
</context>
<context>
    <name>SystemPromptPage</name>
    <message>
        <source>Standing instructions</source>
        <translation>Consignes permanentes</translation>
    </message>
    <message>
        <source>A role, a tone, a language. Put before your last message each time, and never left out.</source>
        <translation>Un rôle, un ton, une langue. Placées chaque fois devant votre dernier message, et jamais laissées de côté.</translation>
    </message>
    <message>
        <source>For example: You are a patient teacher. Answer in short paragraphs.</source>
        <translation>Par exemple : Tu es un professeur patient. Réponds en courts paragraphes.</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Prompt système</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Effacer</translation>
    </message>
</context>
<context>
    <name>TableBlock</name>
    <message numerus="yes">
        <source>Table with %n column(s)</source>
        <translation>
            <numerusform>Tableau de %n colonne</numerusform>
            <numerusform>Tableau de %n colonnes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TroubleDialog</name>
    <message>
        <source>Close</source>
        <translation>Fermer</translation>
    </message>
</context>
<context>
    <name>UndoBar</name>
    <message>
        <source>Undo</source>
        <translation>Annuler</translation>
    </message>
</context>
<context>
    <name>UserMessage</name>
    <message>
        <source>You: %1</source>
        <translation>Vous : %1</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Copier</translation>
    </message>
    <message>
        <source>Edit and ask again</source>
        <translation>Modifier et redemander</translation>
    </message>
    <message>
        <source>Delete, with what follows</source>
        <translation>Supprimer, avec ce qui suit</translation>
    </message>
</context>
<context>
    <name>VariantSwitch</name>
    <message>
        <source>Previous variant</source>
        <translation>Variante précédente</translation>
    </message>
    <message>
        <source>Variant %1 of %2</source>
        <translation>Variante %1 sur %2</translation>
    </message>
    <message>
        <source>Next variant</source>
        <translation>Variante suivante</translation>
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
            <numerusform>%n conversation</numerusform>
            <numerusform>%n conversations</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n message(s)</source>
        <translation>
            <numerusform>%n message</numerusform>
            <numerusform>%n messages</numerusform>
        </translation>
    </message>
    <message>
        <source>The backup was put back. What was there before is a backup itself now.</source>
        <translation>La sauvegarde a été remise en place. Ce qui s’y trouvait avant est maintenant une sauvegarde.</translation>
    </message>
    <message>
        <source>A backup was made.</source>
        <translation>Une sauvegarde a été créée.</translation>
    </message>
    <message>
        <source>The backup could not be put back; the conversations are what they were.</source>
        <translation>La sauvegarde n’a pas pu être remise en place ; les conversations sont restées telles quelles.</translation>
    </message>
    <message>
        <source>The backup could not be made. The earlier ones are all there.</source>
        <translation>La sauvegarde n’a pas pu être créée. Les précédentes sont toutes là.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::ChatSession</name>
    <message>
        <source>Conversations of this run are not kept.</source>
        <translation>Les conversations de cette session ne sont pas conservées.</translation>
    </message>
    <message>
        <source>The file of conversations was damaged. What could be read was brought over: %1 and %2.</source>
        <translation>Le fichier des conversations était endommagé. Ce qui pouvait être lu a été repris : %1 et %2.</translation>
    </message>
    <message numerus="yes">
        <source>%n conversation(s)</source>
        <translation>
            <numerusform>%n conversation</numerusform>
            <numerusform>%n conversations</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n message(s)</source>
        <translation>
            <numerusform>%n message</numerusform>
            <numerusform>%n messages</numerusform>
        </translation>
    </message>
    <message>
        <source>The damaged file was kept: %1</source>
        <translation>Le fichier endommagé a été conservé : %1</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Réessayer</translation>
    </message>
    <message>
        <source>Another program is using the file of conversations. What you write waits here and is saved as soon as it is free.</source>
        <translation>Un autre programme utilise le fichier des conversations. Ce que vous écrivez attend ici et sera enregistré dès qu’il sera libre.</translation>
    </message>
    <message>
        <source>The conversations were written by a newer Tramontane. They were left as they are; this version cannot open them.</source>
        <translation>Les conversations ont été écrites par une version plus récente de Tramontane. Elles ont été laissées telles quelles ; cette version ne peut pas les ouvrir.</translation>
    </message>
    <message>
        <source>The file of conversations is damaged and could not be opened.</source>
        <translation>Le fichier des conversations est endommagé et n’a pas pu être ouvert.</translation>
    </message>
    <message>
        <source>The conversations cannot be saved: the disk is full, read-only or failing. Nothing is lost; what you write waits here.</source>
        <translation>Les conversations ne peuvent pas être enregistrées : le disque est plein, protégé en écriture ou défaillant. Rien n’est perdu ; ce que vous écrivez attend ici.</translation>
    </message>
    <message>
        <source>Go on without saving</source>
        <translation>Continuer sans enregistrer</translation>
    </message>
    <message>
        <source>%1 goes on answering.</source>
        <translation>%1 continue de répondre.</translation>
    </message>
    <message>
        <source>Choose another folder…</source>
        <translation>Choisir un autre dossier…</translation>
    </message>
    <message>
        <source>Use the built-in model</source>
        <translation>Utiliser le modèle intégré</translation>
    </message>
    <message numerus="yes">
        <source>The conversation is longer than the model&apos;s context: the oldest %n message(s) were left out of this answer.</source>
        <translation>
            <numerusform>La conversation est plus longue que le contexte du modèle : le plus ancien message a été laissé de côté pour cette réponse.</numerusform>
            <numerusform>La conversation est plus longue que le contexte du modèle : les %n plus anciens messages ont été laissés de côté pour cette réponse.</numerusform>
        </translation>
    </message>
    <message>
        <source>The conversation is longer than the model&apos;s context (%1 of %2 tokens): its oldest messages will be left out.</source>
        <translation>La conversation est plus longue que le contexte du modèle (%1 jetons sur %2) : ses plus anciens messages seront laissés de côté.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::CommandLine</name>
    <message>
        <source>Chat with a language model that runs on this computer.</source>
        <translation>Discuter avec un modèle de langage qui tourne sur cet ordinateur.</translation>
    </message>
    <message>
        <source>Open the model in this folder.</source>
        <translation>Ouvrir le modèle de ce dossier.</translation>
    </message>
    <message>
        <source>Run it on this device: auto, cuda or cpu.</source>
        <translation>L’exécuter sur cet appareil : auto, cuda ou cpu.</translation>
    </message>
    <message>
        <source>Run so many layers on the GPU and the others on the CPU; auto: as many as fit.</source>
        <translation>Calculer ce nombre de couches sur le GPU et les autres sur le CPU ; auto : autant qu’il en contient.</translation>
    </message>
    <message>
        <source>Keep conversations and settings in this folder.</source>
        <translation>Conserver conversations et réglages dans ce dossier.</translation>
    </message>
    <message>
        <source>Unexpected argument: %1</source>
        <translation>Argument inattendu : %1</translation>
    </message>
    <message>
        <source>--device is &quot;%1&quot;, expected auto, cuda or cpu</source>
        <translation>--device vaut « %1 », attendu : auto, cuda ou cpu</translation>
    </message>
    <message>
        <source>--gpu-layers is &quot;%1&quot;, expected a number or auto</source>
        <translation>--gpu-layers vaut « %1 », attendu : un nombre ou auto</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::EngineState</name>
    <message>
        <source>Built-in guide</source>
        <translation>Guide intégré</translation>
    </message>
    <message>
        <source>Checking the model&apos;s files</source>
        <translation>Vérification des fichiers du modèle</translation>
    </message>
    <message>
        <source>Reading the weights</source>
        <translation>Lecture des poids</translation>
    </message>
    <message>
        <source>Opening the model</source>
        <translation>Ouverture du modèle</translation>
    </message>
    <message>
        <source>The built-in model</source>
        <translation>Le modèle intégré</translation>
    </message>
    <message>
        <source>%1 could not be opened: the folder or one of its files is not there.</source>
        <translation>%1 n’a pas pu être ouvert : le dossier ou l’un de ses fichiers manque.</translation>
    </message>
    <message>
        <source>%1 does not fit in this computer&apos;s memory. A smaller context or a smaller model may.</source>
        <translation>%1 ne tient pas dans la mémoire de cet ordinateur. Un contexte plus court ou un modèle plus petit y tiendra peut-être.</translation>
    </message>
    <message>
        <source>%1 is in a format that Tramontane does not run.</source>
        <translation>%1 est dans un format que Tramontane n’exécute pas.</translation>
    </message>
    <message>
        <source>%1 changed on disk while it was being read.</source>
        <translation>%1 a changé sur le disque pendant sa lecture.</translation>
    </message>
    <message>
        <source>Opening %1 was cancelled.</source>
        <translation>L’ouverture de %1 a été annulée.</translation>
    </message>
    <message>
        <source>%1 could not be opened: its files do not hold a model that Tramontane can run.</source>
        <translation>%1 n’a pas pu être ouvert : ses fichiers ne contiennent pas de modèle que Tramontane puisse exécuter.</translation>
    </message>
    <message>
        <source>%1 has too little free memory for the whole model: the CPU computes a part of it.</source>
        <translation>%1 a trop peu de mémoire libre pour le modèle entier : le processeur en calcule une partie.</translation>
    </message>
    <message>
        <source>%1 cannot be used for this model: the CPU answers.</source>
        <translation>%1 ne peut pas être utilisée pour ce modèle : le processeur répond.</translation>
    </message>
    <message>
        <source>No NVIDIA GPU can be used here: the CPU answers.</source>
        <translation>Aucune carte graphique NVIDIA n’est utilisable ici : le processeur répond.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::InferenceWorker</name>
    <message>
        <source>No model is open.</source>
        <translation>Aucun modèle n’est ouvert.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::Preferences</name>
    <message>
        <source>%1 of memory for the context</source>
        <translation>%1 de mémoire pour le contexte</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::PresetModel</name>
    <message>
        <source>Precise</source>
        <translation>Précis</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>Équilibré</translation>
    </message>
    <message>
        <source>Creative</source>
        <translation>Créatif</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::SamplingModel</name>
    <message>
        <source>Temperature</source>
        <translation>Température</translation>
    </message>
    <message>
        <source>How freely words are chosen: 0 always takes the likeliest, higher is more varied.</source>
        <translation>La liberté du choix des mots : 0 prend toujours le plus probable, plus haut varie davantage.</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Choose among this many of the likeliest tokens; 0 is off.</source>
        <translation>Choisir parmi ce nombre de jetons les plus probables ; 0 désactive.</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Choose among the likeliest tokens that together reach this probability; 1 is off.</source>
        <translation>Choisir parmi les jetons les plus probables qui atteignent ensemble cette probabilité ; 1 désactive.</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Leave out tokens less likely than this share of the likeliest one; 0 is off.</source>
        <translation>Écarter les jetons moins probables que cette part du plus probable ; 0 désactive.</translation>
    </message>
    <message>
        <source>Typical-p</source>
        <translation>Typical-p</translation>
    </message>
    <message>
        <source>Choose among the tokens that surprise as much as expected, up to this probability; 1 is off.</source>
        <translation>Choisir parmi les jetons qui surprennent autant qu’attendu, jusqu’à cette probabilité ; 1 désactive.</translation>
    </message>
    <message>
        <source>Repeat penalty</source>
        <translation>Pénalité de répétition</translation>
    </message>
    <message>
        <source>Above 1 makes tokens that were used lately less likely; 1 is off.</source>
        <translation>Au-dessus de 1, les jetons employés récemment deviennent moins probables ; 1 désactive.</translation>
    </message>
    <message>
        <source>Repeat last n</source>
        <translation>Portée des pénalités</translation>
    </message>
    <message>
        <source>How many tokens back the penalties look; -1 is the whole context, 0 is off.</source>
        <translation>De combien de jetons les pénalités regardent en arrière ; -1 tout le contexte, 0 désactive.</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>Pénalité de présence</translation>
    </message>
    <message>
        <source>Lowers every token that was used at all, which invites new subjects; 0 is off.</source>
        <translation>Abaisse tout jeton déjà employé, ce qui invite de nouveaux sujets ; 0 désactive.</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>Pénalité de fréquence</translation>
    </message>
    <message>
        <source>Lowers a token more each time it was used, against repetition; 0 is off.</source>
        <translation>Abaisse un jeton un peu plus à chaque emploi, contre les répétitions ; 0 désactive.</translation>
    </message>
    <message>
        <source>Max tokens</source>
        <translation>Jetons au plus</translation>
    </message>
    <message>
        <source>The longest answer, in tokens; -1 goes on until the context is full.</source>
        <translation>La plus longue réponse, en jetons ; -1 continue jusqu’à ce que le contexte soit plein.</translation>
    </message>
</context>
<context>
    <name>tramontane::desktop::Transfer</name>
    <message>
        <source>Conversation</source>
        <translation>Conversation</translation>
    </message>
    <message>
        <source>%1 is not on this computer.</source>
        <translation>%1 n’est pas sur cet ordinateur.</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Vous</translation>
    </message>
    <message>
        <source>Assistant</source>
        <translation>Assistant</translation>
    </message>
    <message>
        <source>System</source>
        <translation>Système</translation>
    </message>
    <message>
        <source>Tool</source>
        <translation>Outil</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Image</translation>
    </message>
    <message numerus="yes">
        <source>%n conversation(s)</source>
        <translation>
            <numerusform>%n conversation</numerusform>
            <numerusform>%n conversations</numerusform>
        </translation>
    </message>
    <message>
        <source>Wrote %1 to %2.</source>
        <translation>Écrit dans %2 : %1.</translation>
    </message>
    <message>
        <source>Added %1 with %2.</source>
        <translation>Ajouté : %1 avec %2.</translation>
    </message>
    <message numerus="yes">
        <source>%n message(s)</source>
        <translation>
            <numerusform>%n message</numerusform>
            <numerusform>%n messages</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing was imported.</source>
        <translation>Rien n’a été importé.</translation>
    </message>
    <message>
        <source>Nothing was exported.</source>
        <translation>Rien n’a été exporté.</translation>
    </message>
    <message>
        <source>The conversations cannot be read or written at the moment. Try again a little later.</source>
        <translation>Les conversations ne peuvent être ni lues ni écrites pour le moment. Réessayez un peu plus tard.</translation>
    </message>
    <message>
        <source>There is no conversation to export.</source>
        <translation>Il n’y a aucune conversation à exporter.</translation>
    </message>
</context>
</TS>
